-- agent_totals: what each agent did in all, materialized from daily_rollups.
-- agent_totals_live: the same with the deltas that wait, exact in every snapshot.

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
