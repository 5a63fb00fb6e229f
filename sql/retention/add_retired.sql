-- retention/add_retired: record the metrics of the runs of some days, before they are dropped.
--
-- Quarter hours that are no longer kept are recorded by day, and names as they count: see metric_names.
--
-- params   first_day  date  the first day
-- params   next_day   date  the day after the last
-- index    events_pkey, metric_names_pkey
-- plan     one pass over runs, an index scan on one partition for the events of each; two aggregates, three
--          index look-ups per cell
-- try      \set first_day 2026-08-17 \set next_day 2026-08-24

WITH cells AS (
    SELECT m.agent_name,
           CASE WHEN m.quarter_hour >= (SELECT s.quarter_hours_from FROM fold_state AS s)
                THEN m.quarter_hour
                ELSE date_trunc('day', m.quarter_hour, 'UTC') END AS kept_at,
           m.event_type, m.model, m.tool, m.latency_bucket,
           sum(m.events)             AS events,
           sum(m.errors)             AS errors,
           sum(m.tokens_in)          AS tokens_in,
           sum(m.tokens_out)         AS tokens_out,
           sum(m.cached_tokens)      AS cached_tokens,
           sum(m.cache_write_tokens) AS cache_write_tokens,
           sum(m.reasoning_tokens)   AS reasoning_tokens,
           sum(m.cost)               AS cost,
           sum(m.latency_us)         AS latency_us,
           sum(m.runs)               AS runs,
           sum(m.completed)          AS completed,
           sum(m.failed)             AS failed,
           sum(m.duration_us)        AS duration_us
      FROM run_metrics AS m
     WHERE m.received_on >= :'first_day'::date
       AND m.received_on <  :'next_day'::date
     GROUP BY m.agent_name, kept_at, m.event_type, m.model, m.tool, m.latency_bucket
)
INSERT INTO retired_metrics (agent_name, quarter_hour, event_type, model, tool, latency_bucket, events,
                             errors, tokens_in, tokens_out, cached_tokens, cache_write_tokens, reasoning_tokens,
                             cost, latency_us, runs, completed,
                             failed, duration_us)
SELECT c.agent_name, c.kept_at,
       CASE WHEN c.event_type = '' OR t.name IS NOT NULL THEN c.event_type ELSE '(other)' END AS counted_type,
       CASE WHEN c.model      = '' OR m.name IS NOT NULL THEN c.model      ELSE '(other)' END AS counted_model,
       CASE WHEN c.tool       = '' OR o.name IS NOT NULL THEN c.tool       ELSE '(other)' END AS counted_tool,
       c.latency_bucket,
       sum(c.events),
       sum(c.errors),
       sum(c.tokens_in),
       sum(c.tokens_out),
       sum(c.cached_tokens),
       sum(c.cache_write_tokens),
       sum(c.reasoning_tokens),
       sum(c.cost),
       sum(c.latency_us),
       sum(c.runs),
       sum(c.completed),
       sum(c.failed),
       sum(c.duration_us)
  FROM cells AS c
  LEFT JOIN metric_names AS t
    ON t.agent_name = c.agent_name
   AND t.kind       = 'event_type'
   AND t.name       = c.event_type
  LEFT JOIN metric_names AS m
    ON m.agent_name = c.agent_name
   AND m.kind       = 'model'
   AND m.name       = c.model
  LEFT JOIN metric_names AS o
    ON o.agent_name = c.agent_name
   AND o.kind       = 'tool'
   AND o.name       = c.tool
 GROUP BY c.agent_name, c.kept_at, counted_type, counted_model, counted_tool, c.latency_bucket;
