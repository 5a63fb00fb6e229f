-- metrics/version_durations: a percentile of the durations of runs by version and hour or day of a time zone in which the runs started.
--
-- Runs that retention removed are in it, at the beginning of the UTC day on which they started.
--
-- params   percentile identifier   p50_ms, p95_ms or p99_ms
-- params   interval   text         hour or day
-- params   tz         text         a time zone's name
-- params   agent      text         optional: this agent alone
-- params   from_at    timestamptz  included
-- params   to_at      timestamptz  not included
-- params   row_limit  bigint       versions at most, the largest first
-- returns  name text, at timestamp with time zone, value double precision
-- rows     one per version and hour or day in which a run started; the name of runs without a version is empty
-- index    runs_agent_name_started_at_idx, retired_versions_agent_name_idx
-- plan     index scan of the agent's runs in the window (runs_started_at_idx without agent), and of removed ones; aggregate
-- try      \set percentile p95_ms \set interval day \set tz Europe/Paris \set agent Researcher \set from_at '2026-11-01' \set to_at '2026-11-24' \set row_limit 20

WITH kept AS (
    SELECT coalesce(r.version, '') AS name, r.started_at,
           latency_bucket(r.duration_us) AS duration_bucket,
           (r.status <> 'active')::integer::bigint AS ended
      FROM runs AS r
     WHERE r.started_at >= :'from_at'::timestamptz
       AND r.started_at < :'to_at'::timestamptz
\if :{?agent}
       AND r.agent_name = :'agent'
\endif
), counted AS (
    SELECT k.name, k.started_at, k.duration_bucket, k.ended
      FROM kept AS k
     UNION ALL
    SELECT t.version, t.day::timestamp AT TIME ZONE 'UTC', t.duration_bucket, t.completed + t.failed
      FROM retired_versions AS t
     WHERE t.day::timestamp AT TIME ZONE 'UTC' >= :'from_at'::timestamptz
       AND t.day::timestamp AT TIME ZONE 'UTC' < :'to_at'::timestamptz
\if :{?agent}
       AND t.agent_name = :'agent'
\endif
), histogram AS (
    SELECT c.name, date_trunc(:'interval', c.started_at, :'tz') AS at, c.duration_bucket,
           sum(c.ended)::bigint AS ended
      FROM counted AS c
     GROUP BY c.name, at, c.duration_bucket
    HAVING sum(c.ended) > 0
), points AS (
    SELECT h.name, h.at,
           sum(h.ended)                 AS ended,
           array_agg(h.duration_bucket) AS duration_buckets,
           array_agg(h.ended)           AS duration_counts
      FROM histogram AS h
     GROUP BY h.name, h.at
), largest AS (
    SELECT p.name, sum(p.ended) AS size
      FROM points AS p
     GROUP BY p.name
     ORDER BY size DESC, p.name
     LIMIT :'row_limit'::bigint
)
SELECT p.name, p.at, v.:"percentile" AS value
  FROM points  AS p
  JOIN largest AS l
    ON l.name = p.name
 CROSS JOIN LATERAL latency_percentiles(p.duration_buckets, p.duration_counts)
\if :{?distributed}
       WITH ORDINALITY  -- so that it is not inlined: Citus plans no table that was not in the statement
\endif
       AS v
 ORDER BY l.size DESC, p.name, p.at;
