-- metrics/versions: what the runs of an agent add up to by version, the version that was seen last first.
--
-- Runs that retention removed are in it, by the UTC day on which they started.
--
-- params   agent      text         the agent
-- params   from_at    timestamptz  optional: runs started then or later
-- params   to_at      timestamptz  optional: runs started before
-- params   row_limit  bigint       versions at most
-- returns  version text, runs bigint, completed bigint, failed bigint, failure_rate numeric, total_cost numeric, cost_per_run numeric, tokens_in numeric, tokens_out numeric, events numeric, errors numeric, p50_ms double precision, p95_ms double precision, p99_ms double precision, first_seen timestamp with time zone, last_seen timestamp with time zone
-- rows     up to row_limit; the version of runs without one is empty
-- index    runs_agent_name_started_at_idx, retired_versions_agent_name_idx
-- plan     index scan of the agent's runs in the window, and of its removed ones; aggregates
-- try      \set agent Researcher \set from_at '2026-11-01' \set to_at '2026-12-24' \set row_limit 100

WITH kept AS (
    SELECT coalesce(r.version, '') AS version, latency_bucket(r.duration_us) AS duration_bucket,
           count(*) AS runs,
           count(*) FILTER (WHERE r.status = 'completed') AS completed,
           count(*) FILTER (WHERE r.status = 'failed') AS failed,
           sum(r.event_count) AS events, sum(r.error_count) AS errors,
           sum(r.tokens_in) AS tokens_in, sum(r.tokens_out) AS tokens_out, sum(r.total_cost) AS cost,
           min(r.started_at) AS first_seen, max(r.last_event_at) AS last_seen
      FROM runs AS r
     WHERE r.agent_name = :'agent'
\if :{?from_at}
       AND r.started_at >= :'from_at'::timestamptz
\endif
\if :{?to_at}
       AND r.started_at < :'to_at'::timestamptz
\endif
     GROUP BY coalesce(r.version, ''), latency_bucket(r.duration_us)
), both_sides AS (
    SELECT k.version, k.duration_bucket, k.runs, k.completed, k.failed, k.events, k.errors, k.tokens_in,
           k.tokens_out, k.cost, k.first_seen, k.last_seen
      FROM kept AS k
     UNION ALL
    SELECT t.version, t.duration_bucket, t.runs, t.completed, t.failed, t.events, t.errors, t.tokens_in,
           t.tokens_out, t.cost, t.first_seen, t.last_seen
      FROM retired_versions AS t
     WHERE t.agent_name = :'agent'
\if :{?from_at}
       AND t.day >= (:'from_at'::timestamptz AT TIME ZONE 'UTC')::date
\endif
\if :{?to_at}
       AND t.day::timestamp AT TIME ZONE 'UTC' < :'to_at'::timestamptz
\endif
), buckets AS (
    SELECT b.version, b.duration_bucket,
           sum(b.runs)::bigint AS runs, sum(b.completed)::bigint AS completed, sum(b.failed)::bigint AS failed,
           sum(b.events) AS events, sum(b.errors) AS errors, sum(b.tokens_in) AS tokens_in,
           sum(b.tokens_out) AS tokens_out, sum(b.cost) AS cost,
           min(b.first_seen) AS first_seen, max(b.last_seen) AS last_seen
      FROM both_sides AS b
     GROUP BY b.version, b.duration_bucket
), summed AS (
    SELECT u.version,
           sum(u.runs)::bigint AS runs, sum(u.completed)::bigint AS completed, sum(u.failed)::bigint AS failed,
           sum(u.events) AS events, sum(u.errors) AS errors, sum(u.tokens_in) AS tokens_in,
           sum(u.tokens_out) AS tokens_out, sum(u.cost) AS cost,
           min(u.first_seen) AS first_seen, max(u.last_seen) AS last_seen,
           array_agg(u.duration_bucket)      AS duration_buckets,
           array_agg(u.completed + u.failed) AS ended
      FROM buckets AS u
     GROUP BY u.version
     ORDER BY last_seen DESC, u.version
     LIMIT :'row_limit'::bigint
)
SELECT s.version, s.runs, s.completed, s.failed,
       coalesce(s.failed::numeric / nullif(s.completed + s.failed, 0), 0) AS failure_rate,
       s.cost          AS total_cost,
       s.cost / s.runs AS cost_per_run,
       s.tokens_in, s.tokens_out, s.events, s.errors,
       p.p50_ms, p.p95_ms, p.p99_ms, s.first_seen, s.last_seen
  FROM summed AS s
 CROSS JOIN LATERAL latency_percentiles(s.duration_buckets, s.ended)
\if :{?distributed}
       WITH ORDINALITY  -- so that it is not inlined: Citus plans no table that was not in the statement
\endif
       AS p
 ORDER BY s.last_seen DESC, s.version;
