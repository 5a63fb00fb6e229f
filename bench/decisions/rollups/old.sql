CREATE MATERIALIZED VIEW daily_rollups AS
WITH by_agent AS MATERIALIZED (
    SELECT d.agent_name, d.day,
           sum(d.events)::bigint        AS events,
           sum(d.errors)::bigint        AS errors,
           sum(d.tokens_in)             AS tokens_in,
           sum(d.tokens_out)            AS tokens_out,
           sum(d.cost)                  AS cost,
           sum(d.latency_us)            AS latency_us,
           sum(d.runs)::bigint          AS runs,
           sum(d.completed)::bigint     AS completed,
           sum(d.failed)::bigint        AS failed,
           sum(d.duration_us)           AS duration_us
      FROM daily_metrics AS d
     CROSS JOIN fold_gate AS g
     WHERE g.is_open
     GROUP BY d.agent_name, d.day
)
SELECT 'all' AS dimension, '' AS name, a.day,
       sum(a.events)::bigint        AS events,
       sum(a.errors)::bigint        AS errors,
       sum(a.tokens_in)             AS tokens_in,
       sum(a.tokens_out)            AS tokens_out,
       sum(a.cost)                  AS cost,
       sum(a.latency_us)            AS latency_us,
       sum(a.runs)::bigint          AS runs,
       sum(a.completed)::bigint     AS completed,
       sum(a.failed)::bigint        AS failed,
       sum(a.duration_us)           AS duration_us
  FROM by_agent AS a
 GROUP BY a.day
 UNION ALL
SELECT 'agent', a.agent_name, a.day,
       a.events, a.errors, a.tokens_in, a.tokens_out, a.cost, a.latency_us, a.runs,
       a.completed, a.failed, a.duration_us
  FROM by_agent AS a
 UNION ALL
SELECT 'event_type', d.event_type, d.day,
       sum(d.events)::bigint        AS events,
       sum(d.errors)::bigint        AS errors,
       sum(d.tokens_in)             AS tokens_in,
       sum(d.tokens_out)            AS tokens_out,
       sum(d.cost)                  AS cost,
       sum(d.latency_us)            AS latency_us,
       sum(d.runs)::bigint          AS runs,
       sum(d.completed)::bigint     AS completed,
       sum(d.failed)::bigint        AS failed,
       sum(d.duration_us)           AS duration_us
  FROM daily_metrics AS d
 WHERE d.event_type <> ''
 GROUP BY d.event_type, d.day
 UNION ALL
SELECT 'model', d.model, d.day,
       sum(d.events)::bigint        AS events,
       sum(d.errors)::bigint        AS errors,
       sum(d.tokens_in)             AS tokens_in,
       sum(d.tokens_out)            AS tokens_out,
       sum(d.cost)                  AS cost,
       sum(d.latency_us)            AS latency_us,
       sum(d.runs)::bigint          AS runs,
       sum(d.completed)::bigint     AS completed,
       sum(d.failed)::bigint        AS failed,
       sum(d.duration_us)           AS duration_us
  FROM daily_metrics AS d
 WHERE d.event_type <> ''
 GROUP BY d.model, d.day
  WITH DATA;
