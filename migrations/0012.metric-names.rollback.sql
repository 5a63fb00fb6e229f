-- 0012.metric-names, backwards: count every event under its own name again.
--
-- locks    the table, against everyone, until it ends
-- loses    which names count as themselves; runs that retention removed keep counting under (other)
-- again    metric_names

SET LOCAL lock_timeout = '2s';

WITH cells AS (
    SELECT m.quarter_hour, m.agent_name, m.event_type, m.model, m.latency_bucket,
           sum(m.events)     AS events,
           sum(m.errors)     AS errors,
           sum(m.tokens_in)  AS tokens_in,
           sum(m.tokens_out) AS tokens_out,
           sum(m.cost)       AS cost,
           sum(m.latency_us) AS latency_us
      FROM run_metrics AS m
     WHERE m.event_type <> ''
     GROUP BY m.quarter_hour, m.agent_name, m.event_type, m.model, m.latency_bucket
), moved AS (
    SELECT c.quarter_hour, c.agent_name, v.sign, v.event_type, v.model, c.latency_bucket,
           c.events, c.errors, c.tokens_in, c.tokens_out, c.cost, c.latency_us
      FROM cells AS c
      LEFT JOIN metric_names AS t
        ON t.agent_name = c.agent_name
       AND t.kind       = 'event_type'
       AND t.name       = c.event_type
      LEFT JOIN metric_names AS m
        ON m.agent_name = c.agent_name
       AND m.kind       = 'model'
       AND m.name       = c.model
     CROSS JOIN LATERAL (VALUES
               (-1, CASE WHEN t.name IS NOT NULL THEN c.event_type ELSE '(other)' END,
                    CASE WHEN c.model = '' OR m.name IS NOT NULL THEN c.model ELSE '(other)' END),
               ( 1, c.event_type, c.model)) AS v (sign, event_type, model)
     WHERE t.name IS NULL
        OR (c.model <> '' AND m.name IS NULL)
)
INSERT INTO metric_deltas (quarter_hour, agent_name, event_type, model, events, errors, tokens_in,
                           tokens_out, cost, latency_us, latency_buckets, latency_counts)
SELECT m.quarter_hour, m.agent_name, m.event_type, m.model,
       sum(m.sign * m.events),
       sum(m.sign * m.errors),
       sum(m.sign * m.tokens_in),
       sum(m.sign * m.tokens_out),
       sum(m.sign * m.cost),
       sum(m.sign * m.latency_us),
       coalesce(array_agg(m.latency_bucket)
                FILTER (WHERE m.latency_bucket IS NOT NULL), '{}'),
       coalesce(array_agg(m.sign * m.events)
                FILTER (WHERE m.latency_bucket IS NOT NULL), '{}')
  FROM moved AS m
 GROUP BY m.quarter_hour, m.agent_name, m.event_type, m.model;

DROP TABLE metric_names;
