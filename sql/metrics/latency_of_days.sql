-- metrics/latency_of_days: latency percentiles of a window of days (UTC), by one dimension, in milliseconds.
--
-- Counts are summed as float8, exact up to 2^53 and several times as fast as numeric.
-- The middle of the bucket in which a percentile lies: within 10 % of it.
--
-- params   dimension  text         all, agent, event_type or model
-- params   name       text         optional: one agent, event type or model alone
-- params   from_at    timestamptz  included
-- params   to_at      timestamptz  not included
-- params   row_limit  bigint       groups at the most, those of the most events first
-- returns  name text, events bigint, p50_ms double precision, p95_ms double precision, p99_ms double precision
-- rows     one per group that has latencies, the most events first
-- index    daily_latency_rollups_pkey
-- plan     index scan of the days of the dimension, or of one name in it; and the deltas
-- try      \set row_limit 20 \set dimension all \set name '' \set from_at '2026-11-01' \set to_at '2026-11-24'

WITH histogram AS (
    SELECT r.name, r.latency_bucket, sum(r.events)::bigint AS events
      FROM daily_latency_rollups_live AS r
     WHERE r.dimension = :'dimension'
       AND r.day >= :'from_at'::timestamptz::date
       AND r.day <  :'to_at'::timestamptz::date
       AND r.events <> 0
\if :{?name}
       AND r.name = :'name'
\endif
     GROUP BY r.name, r.latency_bucket
), largest AS (
    SELECT h.name, sum(h.events)::bigint AS events
      FROM histogram AS h
     GROUP BY h.name
     ORDER BY events DESC, h.name
     LIMIT :'row_limit'::bigint
), running AS (
    SELECT l.name, l.events, h.latency_bucket,
           sum(h.events::float8) OVER (PARTITION BY l.name ORDER BY h.latency_bucket) AS up_to_here
      FROM largest   AS l
      JOIN histogram AS h
        ON h.name = l.name
)
SELECT r.name, r.events,
       min(b.middle_us) FILTER (WHERE r.up_to_here * 100 >= 50 * r.events) / 1000 AS p50_ms,
       min(b.middle_us) FILTER (WHERE r.up_to_here * 100 >= 95 * r.events) / 1000 AS p95_ms,
       min(b.middle_us) FILTER (WHERE r.up_to_here * 100 >= 99 * r.events) / 1000 AS p99_ms
  FROM running         AS r
  JOIN latency_buckets AS b
    ON b.latency_bucket = r.latency_bucket
 GROUP BY r.name, r.events
 ORDER BY r.events DESC, r.name;
