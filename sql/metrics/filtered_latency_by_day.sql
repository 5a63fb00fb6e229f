-- metrics/filtered_latency_by_day: a latency percentile by day (UTC), for any choice, in milliseconds.
--
-- Counts are summed as float8, exact up to 2^53 and several times as fast as numeric.
-- The middle of the bucket in which the percentile lies: within 10 % of it.
--
-- params   percent    integer      95: the latency that 95 % of the events do not exceed
-- params   group_by   text         optional, the column: agent_name, event_type or model
-- params   agent      text         optional: this agent alone
-- params   event_type text         optional: this event type alone
-- params   model      text         optional: this model alone
-- params   from_at    timestamptz  included
-- params   to_at      timestamptz  not included
-- params   row_limit  bigint       groups at the most, the largest first
-- returns  name text, at timestamp with time zone, value double precision
-- rows     one per group and day that has latencies
-- index    daily_latency_pkey
-- plan     index scan where an agent is given, else the window by daily_latency_day_idx; and the deltas
-- try      \set percent 95 \set group_by model \set agent Researcher \set event_type llm_call \set model gpt-4o \set from_at '2026-11-01' \set to_at '2026-11-24' \set row_limit 20

WITH histogram AS (
\if :{?group_by}
    SELECT d.:"group_by" AS name,
\else
    SELECT '' AS name,
\endif
           d.day::timestamptz AS at, d.latency_bucket, sum(d.events)::bigint AS events
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
     GROUP BY name, d.day, d.latency_bucket
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
