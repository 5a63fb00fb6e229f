-- metrics/latency_by_day: a latency percentile by day (UTC), by one dimension, in milliseconds.
--
-- params   percentile  text         the column of latency_percentiles: p50_ms, p95_ms or p99_ms
-- params   dimension  text         all, agent, event_type, model or tool
-- params   name       text         optional: one agent, event type, model or tool alone
-- params   from_at    timestamptz  included
-- params   to_at      timestamptz  not included
-- params   row_limit  bigint       groups at most, the largest first
-- returns  name text, at timestamp with time zone, value double precision
-- rows     one per group and day that has latencies
-- index    daily_latency_rollups_pkey
-- plan     index scan of the days of the dimension, or of one name in it; and the deltas
-- try      \set percentile p95_ms \set dimension all \set name '' \set from_at '2026-11-01' \set to_at '2026-11-24' \set row_limit 20

WITH histogram AS (
    SELECT r.name, r.day::timestamptz AS at, r.latency_bucket, r.events
      FROM daily_latency_rollups_live AS r
     WHERE r.dimension = :'dimension'
       AND r.day >= :'from_at'::timestamptz::date
       AND r.day <  :'to_at'::timestamptz::date
       AND r.events <> 0
\if :{?name}
       AND r.name = :'name'
\endif
), points AS (
    SELECT h.name, h.at,
           sum(h.events)               AS events,
           array_agg(h.latency_bucket) AS latency_buckets,
           array_agg(h.events)         AS latency_counts
      FROM histogram AS h
     GROUP BY h.name, h.at
), largest AS (
    SELECT p.name, sum(p.events) AS size
      FROM points AS p
     GROUP BY p.name
     ORDER BY size DESC, p.name
     LIMIT :'row_limit'::bigint
)
SELECT p.name, p.at, v.:"percentile" AS value
  FROM points  AS p
  JOIN largest AS l
    ON l.name = p.name
 CROSS JOIN LATERAL latency_percentiles(p.latency_buckets, p.latency_counts) AS v
 ORDER BY l.size DESC, p.name, p.at;
