-- metrics/latency_by_quarter_hour: a latency percentile by hour or day of a time zone, in milliseconds.
--
-- params   percentile  text         the column of latency_percentiles: p50_ms, p95_ms or p99_ms
-- params   group_by   text         optional, the column: agent_name, event_type, model or tool
-- params   interval   text         hour or day
-- params   tz         text         a time zone's name
-- params   agent      text         optional: this agent alone
-- params   event_type text         optional: this event type alone
-- params   model      text         optional: this model alone
-- params   tool       text         optional: this tool alone
-- params   from_at    timestamptz  included
-- params   to_at      timestamptz  not included
-- params   row_limit  bigint       groups at most, the largest first
-- returns  name text, at timestamp with time zone, value double precision
-- rows     one per group and hour or day that has latencies
-- index    quarter_hour_latency_pkey
-- plan     twice, for the largest groups and for their points: index scan where an agent is given, else the window by quarter_hour_latency_quarter_hour_idx; and the deltas
-- try      \set percentile p95_ms \set group_by model \set interval hour \set tz Europe/Paris \set agent Researcher \set event_type llm_call \set model gpt-4o \set tool search \set from_at '2026-11-01' \set to_at '2026-11-24' \set row_limit 20

WITH chosen AS NOT MATERIALIZED (
\if :{?group_by}
    SELECT q.:"group_by" AS name,
\else
    SELECT '' AS name,
\endif
           q.quarter_hour, q.latency_bucket, q.events
      FROM quarter_hour_latency_parts AS q
     WHERE q.quarter_hour >= :'from_at'::timestamptz
       AND q.quarter_hour <  :'to_at'::timestamptz
\if :{?agent}
       AND q.agent_name = :'agent'
\endif
\if :{?event_type}
       AND q.event_type = :'event_type'
\endif
\if :{?model}
       AND q.model = :'model'
\endif
\if :{?tool}
       AND q.tool = :'tool'
\endif
), largest AS (
    SELECT c.name, sum(c.events) AS size
      FROM chosen AS c
     GROUP BY c.name
    HAVING sum(c.events) <> 0
     ORDER BY size DESC, c.name
     LIMIT :'row_limit'::bigint
), histogram AS (
    SELECT l.size, c.name, date_trunc(:'interval', c.quarter_hour, :'tz') AS at,
           c.latency_bucket, sum(c.events)::bigint AS events
      FROM chosen  AS c
      JOIN largest AS l
        ON l.name = c.name
     GROUP BY l.size, c.name, at, c.latency_bucket
    HAVING sum(c.events) <> 0
), points AS (
    SELECT h.size, h.name, h.at,
           array_agg(h.latency_bucket) AS latency_buckets,
           array_agg(h.events)         AS latency_counts
      FROM histogram AS h
     GROUP BY h.size, h.name, h.at
)
SELECT p.name, p.at, v.:"percentile" AS value
  FROM points AS p
 CROSS JOIN LATERAL latency_percentiles(p.latency_buckets, p.latency_counts) AS v
 ORDER BY p.size DESC, p.name, p.at;
