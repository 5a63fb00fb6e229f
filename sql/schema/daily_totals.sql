-- daily_totals: what all agents did, by day (UTC), materialized from daily_rollups.
-- daily_totals_live: the same with the deltas that wait, exact in every snapshot.

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
