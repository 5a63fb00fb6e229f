-- metrics/filtered_latency_by_day: a latency percentile by day (UTC), for any choice, in milliseconds.
--
-- params   percentile  text         the column of latency_percentiles: p50_ms, p95_ms or p99_ms
-- params   group_by   text         optional, the column: agent_name, event_type, model or tool
-- params   agent      text         optional: this agent alone
-- params   event_type text         optional: this event type alone
-- params   model      text         optional: this model alone
-- params   tool       text         optional: this tool alone
-- params   from_at    timestamptz  included
-- params   to_at      timestamptz  not included
-- params   row_limit  bigint       groups at most, the largest first
-- returns  name text, at timestamp with time zone, value double precision
-- rows     one per group and day that has latencies
-- index    daily_latency_pkey
-- plan     index scan where an agent is given, else the window by daily_latency_day_idx; and the deltas
-- try      \set percentile p95_ms \set group_by model \set agent Researcher \set event_type llm_call \set model gpt-4o \set tool search \set from_at '2026-11-01' \set to_at '2026-11-24' \set row_limit 20

WITH histogram AS (
\if :{?group_by}
    SELECT d.:"group_by" AS name,
\else
    SELECT '' AS name,
\endif
           d.day::timestamptz AS at, d.latency_bucket, sum(d.events)::bigint AS events
      FROM daily_latency_parts AS d
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
\if :{?tool}
       AND d.tool = :'tool'
\endif
     GROUP BY name, d.day, d.latency_bucket
    HAVING sum(d.events) <> 0
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
