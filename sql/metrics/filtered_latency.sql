-- metrics/filtered_latency: latency percentiles of a window of days (UTC), for any choice, in milliseconds.
--
-- params   group_by   text         optional, the column: agent_name, event_type, model or tool
-- params   names      text[]       optional: only these groups of group_by
-- params   agent      text         optional: this agent alone
-- params   event_type text         optional: this event type alone
-- params   model      text         optional: this model alone
-- params   tool       text         optional: this tool alone
-- params   from_at    timestamptz  included
-- params   to_at      timestamptz  not included
-- params   row_limit  bigint       groups at most, those of the most events first
-- returns  name text, events bigint, p50_ms double precision, p95_ms double precision, p99_ms double precision
-- rows     one per group that has latencies, the most events first
-- index    daily_latency_pkey
-- plan     index scan where an agent is given, else the window by daily_latency_day_idx; and the deltas
-- try      \set row_limit 20 \set group_by model \set names '{gpt-4o}' \set agent Researcher \set event_type llm_call \set model gpt-4o \set tool search \set from_at '2026-11-01' \set to_at '2026-11-24'

WITH histogram AS (
\if :{?group_by}
    SELECT d.:"group_by" AS name,
\else
    SELECT '' AS name,
\endif
           d.latency_bucket, sum(d.events)::bigint AS events
      FROM daily_latency_parts AS d
     WHERE d.day >= :'from_at'::timestamptz::date
       AND d.day <  :'to_at'::timestamptz::date
\if :{?group_by}
\if :{?names}
       AND d.:"group_by" = ANY (:'names'::text[])
\endif
\endif
\if :{?agent}
       AND d.agent_name = :'agent'
\endif
\if :{?event_type}
       AND d.event_type = :'event_type'
\endif
\if :{?model}
       AND d.model = :'model'
\endif
\if :{?tool}
       AND d.tool = :'tool'
\endif
     GROUP BY name, d.latency_bucket
    HAVING sum(d.events) <> 0
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
