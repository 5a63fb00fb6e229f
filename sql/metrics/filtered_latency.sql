-- metrics/filtered_latency: latency percentiles of a window of days (UTC), for any choice, in milliseconds.
--
-- The middle of the bucket in which a percentile lies: within 10 % of it.
--
-- params   group_by   text         agent, event_type, model, or empty: all together
-- params   agent      text         optional: this agent alone
-- params   event_type text         optional: this event type alone
-- params   model      text         optional: this model alone
-- params   from_at    timestamptz  included
-- params   to_at      timestamptz  not included
-- returns  name text, events bigint, p50_ms double precision, p95_ms double precision, p99_ms double precision
-- rows     one per group that has latencies, the most events first
-- index    daily_latency_pkey
-- plan     index scan where an agent is given, else the window by daily_latency_day; and the deltas
-- try      \set group_by model \set agent Researcher \set event_type llm_call \set model gpt-4o \set from_at '2026-11-01' \set to_at '2026-11-24'

WITH histogram AS (
    SELECT CASE :'group_by'
                    WHEN 'agent'      THEN d.agent_name
                    WHEN 'event_type' THEN d.event_type
                    WHEN 'model'      THEN d.model
                    ELSE ''
                END AS name,
           d.latency_bucket, sum(d.events) AS events
      FROM daily_latency_live AS d
     WHERE d.day >= :'from_at'::timestamptz::date
       AND d.day <  :'to_at'::timestamptz::date
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
    HAVING sum(d.events) > 0
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
