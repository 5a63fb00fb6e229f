-- daily_rollups: daily_metrics rolled up along one dimension at a time, materialized.
-- daily_rollups_live: the same with the deltas that wait, exact in every snapshot.

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

CREATE UNIQUE INDEX daily_rollups_key ON daily_rollups (dimension, name, day);

COMMENT ON MATERIALIZED VIEW daily_rollups IS 'Sums by day (UTC): of all, by agent, by event_type, by model (empty: no model). Every event is in it once per dimension: never sum over them.';

CREATE VIEW daily_rollups_live AS
SELECT p.dimension, p.name, p.day,
       sum(p.events)::bigint        AS events,
       sum(p.errors)::bigint        AS errors,
       sum(p.tokens_in)             AS tokens_in,
       sum(p.tokens_out)            AS tokens_out,
       sum(p.cost)                  AS cost,
       sum(p.latency_us)            AS latency_us,
       sum(p.runs)::bigint          AS runs,
       sum(p.completed)::bigint     AS completed,
       sum(p.failed)::bigint        AS failed,
       sum(p.duration_us)           AS duration_us
  FROM (SELECT r.dimension, r.name, r.day,
               r.events, r.errors, r.tokens_in, r.tokens_out, r.cost, r.latency_us, r.runs,
               r.completed, r.failed, r.duration_us
          FROM daily_rollups AS r
         UNION ALL
        SELECT 'all', '', (m.quarter_hour AT TIME ZONE 'UTC')::date,
               m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
               m.completed, m.failed, m.duration_us
          FROM metric_deltas AS m
         UNION ALL
        SELECT 'agent', m.agent_name, (m.quarter_hour AT TIME ZONE 'UTC')::date,
               m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
               m.completed, m.failed, m.duration_us
          FROM metric_deltas AS m
         UNION ALL
        SELECT 'event_type', m.event_type, (m.quarter_hour AT TIME ZONE 'UTC')::date,
               m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
               m.completed, m.failed, m.duration_us
          FROM metric_deltas AS m
         WHERE m.event_type <> ''
         UNION ALL
        SELECT 'model', m.model, (m.quarter_hour AT TIME ZONE 'UTC')::date,
               m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
               m.completed, m.failed, m.duration_us
          FROM metric_deltas AS m
         WHERE m.event_type <> '') AS p
 GROUP BY p.dimension, p.name, p.day;

COMMENT ON VIEW daily_rollups_live IS 'Sums by day (UTC) along one dimension at a time, exact in every snapshot. Ask for one dimension; the views below are cut from it.';

CREATE VIEW daily_totals_live AS
SELECT r.day, r.events, r.errors, r.tokens_in, r.tokens_out, r.cost, r.latency_us, r.runs,
       r.completed, r.failed, r.duration_us
  FROM daily_rollups_live AS r
 WHERE r.dimension = 'all';

COMMENT ON VIEW daily_totals_live IS 'Sums by day (UTC), exact in every snapshot';

CREATE VIEW daily_agent_totals_live AS
SELECT r.name AS agent_name, r.day, r.events, r.errors, r.tokens_in, r.tokens_out, r.cost,
       r.latency_us, r.runs, r.completed, r.failed, r.duration_us
  FROM daily_rollups_live AS r
 WHERE r.dimension = 'agent';

COMMENT ON VIEW daily_agent_totals_live IS 'Sums by agent and day (UTC), exact in every snapshot';

CREATE VIEW daily_event_type_totals_live AS
SELECT r.name AS event_type, r.day, r.events, r.errors, r.tokens_in, r.tokens_out, r.cost,
       r.latency_us
  FROM daily_rollups_live AS r
 WHERE r.dimension = 'event_type';

COMMENT ON VIEW daily_event_type_totals_live IS 'Sums by event type and day (UTC), exact in every snapshot';

CREATE VIEW daily_model_totals_live AS
SELECT r.name AS model, r.day, r.events, r.errors, r.tokens_in, r.tokens_out, r.cost,
       r.latency_us
  FROM daily_rollups_live AS r
 WHERE r.dimension = 'model'
   AND r.name <> '';

COMMENT ON VIEW daily_model_totals_live IS 'Sums by model and day (UTC) of the events that name one, exact in every snapshot';
