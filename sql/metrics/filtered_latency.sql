-- metrics/filtered_latency: latency percentiles of a window of days (UTC), for any choice, in milliseconds.
--
-- Counts are summed as float8, exact up to 2^53 and several times as fast as numeric.
-- The middle of the bucket in which a percentile lies: within 10 % of it.
--
-- params   group_by   text         optional, the column: agent_name, event_type or model
-- params   agent      text         optional: this agent alone
-- params   event_type text         optional: this event type alone
-- params   model      text         optional: this model alone
-- params   from_at    timestamptz  included
-- params   to_at      timestamptz  not included
-- params   row_limit  bigint       groups at the most, those of the most events first
-- returns  name text, events bigint, p50_ms double precision, p95_ms double precision, p99_ms double precision
-- rows     one per group that has latencies, the most events first
-- index    daily_latency_pkey
-- plan     index scan where an agent is given, else the window by daily_latency_day_idx; and the deltas
-- try      \set row_limit 20 \set group_by model \set agent Researcher \set event_type llm_call \set model gpt-4o \set from_at '2026-11-01' \set to_at '2026-11-24'

WITH histogram AS (
\if :{?group_by}
    SELECT d.:"group_by" AS name,
\else
    SELECT '' AS name,
\endif
           d.latency_bucket, sum(d.events)::bigint AS events
      FROM daily_latency_live AS d
     WHERE d.day >= :'from_at'::timestamptz::date
       AND d.day <  :'to_at'::timestamptz::date
       AND d.events <> 0
\if :{?agent}
       AND d.agent_name = :'agent'
\endif
\if :{?event_type}
       AND d.event_type = :'event_type'
\endif
\if :{?model}
       AND d.model = :'model'
\endif
     GROUP BY name, d.latency_bucket
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
