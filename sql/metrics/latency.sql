-- metrics/latency: latency percentiles of all time, by one dimension, in milliseconds.
--
-- The middle of the bucket in which a percentile lies: within 10 % of it.
--
-- params   dimension  text  all, agent, event_type or model
-- params   name       text  optional: one of them alone
-- returns  name text, events bigint, p50_ms double precision, p95_ms double precision, p99_ms double precision
-- rows     one per group that has latencies, the most events first
-- index    latency_rollups_pkey
-- plan     index scan of the dimension, and the deltas
-- try      \set dimension model \set name gpt-4o

WITH histogram AS (
    SELECT r.name, r.latency_bucket, sum(r.events) AS events
      FROM latency_rollups_live AS r
     WHERE r.dimension = :'dimension'
\if :{?name}
       AND r.name = :'name'
\endif
     GROUP BY r.name, r.latency_bucket
    HAVING sum(r.events) > 0
), running AS (
    SELECT h.name, h.latency_bucket,
           sum(h.events) OVER (PARTITION BY h.name ORDER BY h.latency_bucket) AS up_to_here,
           sum(h.events) OVER (PARTITION BY h.name)                           AS events
      FROM histogram AS h
)
SELECT r.name,
       min(r.events)::bigint                                                   AS events,
       min(b.middle_us) FILTER (WHERE r.up_to_here >= 0.50 * r.events) / 1000 AS p50_ms,
       min(b.middle_us) FILTER (WHERE r.up_to_here >= 0.95 * r.events) / 1000 AS p95_ms,
       min(b.middle_us) FILTER (WHERE r.up_to_here >= 0.99 * r.events) / 1000 AS p99_ms
  FROM running         AS r
  JOIN latency_buckets AS b
    ON b.latency_bucket = r.latency_bucket
 GROUP BY r.name
 ORDER BY events DESC, r.name;
