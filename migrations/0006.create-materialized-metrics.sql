-- Create the materialized views over the metric tables, and the live views that add the deltas.
-- locks    nothing that exists
-- old code safe while it runs

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

CREATE MATERIALIZED VIEW agent_totals AS
SELECT r.name AS agent_name,
       sum(r.events)::bigint        AS events,
       sum(r.errors)::bigint        AS errors,
       sum(r.tokens_in)             AS tokens_in,
       sum(r.tokens_out)            AS tokens_out,
       sum(r.cost)                  AS cost,
       sum(r.latency_us)            AS latency_us,
       sum(r.runs)::bigint          AS runs,
       sum(r.completed)::bigint     AS completed,
       sum(r.failed)::bigint        AS failed,
       sum(r.duration_us)           AS duration_us
  FROM daily_rollups AS r
 CROSS JOIN fold_gate AS g
 WHERE g.is_open
   AND r.dimension = 'agent'
 GROUP BY r.name
  WITH DATA;

CREATE UNIQUE INDEX agent_totals_key ON agent_totals (agent_name);

COMMENT ON MATERIALIZED VIEW agent_totals IS 'What each agent did in all; read through agent_totals_live. Refreshed after daily_rollups, which it reads.';

CREATE VIEW agent_totals_live AS
SELECT p.agent_name,
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
  FROM (SELECT t.agent_name,
               t.events, t.errors, t.tokens_in, t.tokens_out, t.cost, t.latency_us, t.runs,
               t.completed, t.failed, t.duration_us
          FROM agent_totals AS t
         UNION ALL
        SELECT m.agent_name,
               m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
               m.completed, m.failed, m.duration_us
          FROM metric_deltas AS m) AS p
 GROUP BY p.agent_name;

COMMENT ON VIEW agent_totals_live IS 'What each agent did in all: events, runs and their sums, exact in every snapshot. An agent whose runs are all gone has zeros, or no row.';
