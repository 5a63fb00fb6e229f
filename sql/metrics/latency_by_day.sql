-- metrics/latency_by_day: a latency percentile by day (UTC), by one dimension, in milliseconds.
--
-- Counts are summed as float8, exact up to 2^53 and several times as fast as numeric.
-- The middle of the bucket in which the percentile lies: within 10 % of it.
--
-- params   percent    integer      95: the latency that 95 % of the events do not exceed
-- params   dimension  text         all, agent, event_type or model
-- params   name       text         optional: one agent, event type or model alone
-- params   from_at    timestamptz  included
-- params   to_at      timestamptz  not included
-- params   row_limit  bigint       groups at the most, the largest first
-- returns  name text, at timestamp with time zone, value double precision
-- rows     one per group and day that has latencies
-- index    daily_latency_rollups_pkey
-- plan     index scan of the days of the dimension, or of one name in it; and the deltas
-- try      \set percent 95 \set dimension all \set name '' \set from_at '2026-11-01' \set to_at '2026-11-24' \set row_limit 20

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
), running AS (
    SELECT h.name, h.at, h.latency_bucket,
           sum(h.events::float8) OVER (PARTITION BY h.name, h.at ORDER BY h.latency_bucket) AS up_to_here,
           sum(h.events::float8) OVER (PARTITION BY h.name, h.at) AS events
      FROM histogram AS h
), points AS (
    SELECT r.name, r.at,
           min(b.middle_us) / 1000 AS value,
           min(r.events)           AS events
      FROM running         AS r
      JOIN latency_buckets AS b
        ON b.latency_bucket = r.latency_bucket
     WHERE r.up_to_here * 100 >= :'percent'::integer * r.events
     GROUP BY r.name, r.at
), largest AS (
    SELECT p.name, sum(p.events) AS size
      FROM points AS p
     GROUP BY p.name
     ORDER BY size DESC, p.name
     LIMIT :'row_limit'::bigint
)
SELECT p.name, p.at, p.value
  FROM points  AS p
  JOIN largest AS l
    ON l.name = p.name
 ORDER BY l.size DESC, p.name, p.at;
