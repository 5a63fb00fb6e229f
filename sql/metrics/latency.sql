-- metrics/latency: latency percentiles of all time, by one dimension, in milliseconds.
--
-- params   dimension  text  all, agent, event_type, model or tool
-- params   name       text  optional: one of them alone
-- params   names      text[]  optional: only these
-- params   row_limit  bigint  groups at most, those of the most events first
-- returns  name text, events bigint, p50_ms double precision, p95_ms double precision, p99_ms double precision
-- rows     one per group that has latencies, the most events first
-- index    latency_rollups_pkey
-- plan     index scan of the dimension, and the deltas
-- try      \set row_limit 20 \set dimension model \set name gpt-4o \set names '{gpt-4o}'

WITH histogram AS (
    SELECT r.name, r.latency_bucket, r.events
      FROM latency_rollups_live AS r
     WHERE r.dimension = :'dimension'
       AND r.events <> 0
\if :{?name}
       AND r.name = :'name'
\endif
\if :{?names}
       AND r.name = ANY (:'names'::text[])
\endif
), largest AS (
    SELECT h.name,
           sum(h.events)::bigint       AS events,
           array_agg(h.latency_bucket) AS latency_buckets,
           array_agg(h.events)         AS latency_counts
      FROM histogram AS h
     GROUP BY h.name
     ORDER BY events DESC, h.name
     LIMIT :'row_limit'::bigint
)
SELECT l.name, l.events, p.p50_ms, p.p95_ms, p.p99_ms
  FROM largest AS l
 CROSS JOIN LATERAL latency_percentiles(l.latency_buckets, l.latency_counts) AS p
 ORDER BY l.events DESC, l.name;
