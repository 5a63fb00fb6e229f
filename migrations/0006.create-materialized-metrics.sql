-- Create the materialized views over the metric tables, and the live views that add the deltas.
-- locks    nothing that exists
-- old code safe while it runs

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
 WHERE (SELECT g.is_open FROM fold_gate AS g)
   AND r.dimension = 'agent'
 GROUP BY r.name
  WITH DATA;

CREATE UNIQUE INDEX agent_totals_key ON agent_totals (agent_name);

COMMENT ON MATERIALIZED VIEW agent_totals IS 'What each agent did in all, without what still waits in metric_deltas: ask agent_totals_live';

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

COMMENT ON VIEW agent_totals_live IS 'What each agent did in all, exact in every snapshot. An agent whose runs are all gone has zeros, or no row.';

CREATE MATERIALIZED VIEW daily_totals AS
SELECT r.day,
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
 WHERE (SELECT g.is_open FROM fold_gate AS g)
   AND r.dimension = 'all'
 GROUP BY r.day
  WITH DATA;

CREATE UNIQUE INDEX daily_totals_key ON daily_totals (day);

COMMENT ON MATERIALIZED VIEW daily_totals IS 'What all agents did, by day (UTC), without what still waits in metric_deltas: ask daily_totals_live';

CREATE VIEW daily_totals_live AS
SELECT p.day,
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
  FROM (SELECT t.day,
               t.events, t.errors, t.tokens_in, t.tokens_out, t.cost, t.latency_us, t.runs,
               t.completed, t.failed, t.duration_us
          FROM daily_totals AS t
         UNION ALL
        SELECT (m.quarter_hour AT TIME ZONE 'UTC')::date,
               m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
               m.completed, m.failed, m.duration_us
          FROM metric_deltas AS m) AS p
 GROUP BY p.day;

COMMENT ON VIEW daily_totals_live IS 'What all agents did, by day (UTC), exact in every snapshot.';

CREATE MATERIALIZED VIEW event_type_totals AS
SELECT r.name AS event_type,
       sum(r.events)::bigint        AS events,
       sum(r.errors)::bigint        AS errors,
       sum(r.tokens_in)             AS tokens_in,
       sum(r.tokens_out)            AS tokens_out,
       sum(r.cost)                  AS cost,
       sum(r.latency_us)            AS latency_us
  FROM daily_rollups AS r
 WHERE (SELECT g.is_open FROM fold_gate AS g)
   AND r.dimension = 'event_type'
 GROUP BY r.name
  WITH DATA;

CREATE UNIQUE INDEX event_type_totals_key ON event_type_totals (event_type);

COMMENT ON MATERIALIZED VIEW event_type_totals IS 'What the events of each type add up to, without what still waits in metric_deltas: ask event_type_totals_live';

CREATE VIEW event_type_totals_live AS
SELECT p.event_type,
       sum(p.events)::bigint        AS events,
       sum(p.errors)::bigint        AS errors,
       sum(p.tokens_in)             AS tokens_in,
       sum(p.tokens_out)            AS tokens_out,
       sum(p.cost)                  AS cost,
       sum(p.latency_us)            AS latency_us
  FROM (SELECT t.event_type,
               t.events, t.errors, t.tokens_in, t.tokens_out, t.cost, t.latency_us
          FROM event_type_totals AS t
         UNION ALL
        SELECT m.event_type,
               m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us
          FROM metric_deltas AS m
         WHERE m.event_type <> '') AS p
 GROUP BY p.event_type;

COMMENT ON VIEW event_type_totals_live IS 'What the events of each type add up to, exact in every snapshot.';

CREATE MATERIALIZED VIEW model_totals AS
SELECT r.name AS model,
       sum(r.events)::bigint        AS events,
       sum(r.errors)::bigint        AS errors,
       sum(r.tokens_in)             AS tokens_in,
       sum(r.tokens_out)            AS tokens_out,
       sum(r.cost)                  AS cost,
       sum(r.latency_us)            AS latency_us
  FROM daily_rollups AS r
 WHERE (SELECT g.is_open FROM fold_gate AS g)
   AND r.dimension = 'model'
 GROUP BY r.name
  WITH DATA;

CREATE UNIQUE INDEX model_totals_key ON model_totals (model);

COMMENT ON MATERIALIZED VIEW model_totals IS 'What the events of each model add up to, without what still waits in metric_deltas: ask model_totals_live';

CREATE VIEW model_totals_live AS
SELECT p.model,
       sum(p.events)::bigint        AS events,
       sum(p.errors)::bigint        AS errors,
       sum(p.tokens_in)             AS tokens_in,
       sum(p.tokens_out)            AS tokens_out,
       sum(p.cost)                  AS cost,
       sum(p.latency_us)            AS latency_us
  FROM (SELECT t.model,
               t.events, t.errors, t.tokens_in, t.tokens_out, t.cost, t.latency_us
          FROM model_totals AS t
         UNION ALL
        SELECT m.model,
               m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us
          FROM metric_deltas AS m
         WHERE m.event_type <> '') AS p
 GROUP BY p.model;

COMMENT ON VIEW model_totals_live IS 'What the events of each model add up to, exact in every snapshot. The empty model is: none named.';
