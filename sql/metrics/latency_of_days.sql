-- metrics/latency_of_days: latency percentiles of a window of days (UTC), by one dimension, in milliseconds.
--
-- params   dimension  text         all, agent, event_type, model or tool
-- params   name       text         optional: one agent, event type, model or tool alone
-- params   names      text[]       optional: only these
-- params   from_at    timestamptz  included
-- params   to_at      timestamptz  not included
-- params   row_limit  bigint       groups at most, those of the most events first
-- returns  name text, events bigint, p50_ms double precision, p95_ms double precision, p99_ms double precision
-- rows     one per group that has latencies, the most events first
-- index    daily_latency_rollups_pkey with a name, or daily_latency_rollups_dimension_day_idx
-- plan     index scan of the days of the dimension, or of one name in it; and the deltas
-- try      \set row_limit 20 \set dimension all \set name '' \set names '{}' \set from_at '2026-11-01' \set to_at '2026-11-24'

WITH histogram AS (
    SELECT r.name, r.latency_bucket, sum(r.events)::bigint AS events
      FROM daily_latency_rollups_parts AS r
     WHERE r.dimension = :'dimension'
       AND r.day >= :'from_at'::timestamptz::date
       AND r.day <  :'to_at'::timestamptz::date
\if :{?name}
       AND r.name = :'name'
\endif
\if :{?names}
       AND r.name = ANY (:'names'::text[])
\endif
     GROUP BY r.name, r.latency_bucket
    HAVING sum(r.events) <> 0
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
