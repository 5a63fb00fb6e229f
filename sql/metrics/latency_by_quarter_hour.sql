-- metrics/latency_by_quarter_hour: a latency percentile by hour or day of a time zone, in milliseconds.
--
-- Counts are summed as float8, exact up to 2^53 and several times as fast as numeric.
-- The middle of the bucket in which the percentile lies: within 10 % of it.
--
-- params   percent    integer      95: the latency that 95 % of the events do not exceed
-- params   group_by   text         optional, the column: agent_name, event_type or model
-- params   interval   text         hour or day
-- params   tz         text         a time zone's name
-- params   agent      text         optional: this agent alone
-- params   event_type text         optional: this event type alone
-- params   model      text         optional: this model alone
-- params   from_at    timestamptz  included
-- params   to_at      timestamptz  not included
-- params   row_limit  bigint       groups at the most, the largest first
-- returns  name text, at timestamp with time zone, value double precision
-- rows     one per group and hour or day that has latencies
-- index    quarter_hour_latency_pkey
-- plan     index scan where an agent is given, else the window by quarter_hour_latency_quarter_hour_idx; and the deltas
-- try      \set percent 95 \set group_by model \set interval hour \set tz Europe/Paris \set agent Researcher \set event_type llm_call \set model gpt-4o \set from_at '2026-11-01' \set to_at '2026-11-24' \set row_limit 20

WITH histogram AS (
\if :{?group_by}
    SELECT q.:"group_by" AS name,
\else
    SELECT '' AS name,
\endif
           date_trunc(:'interval', q.quarter_hour, :'tz') AS at, q.latency_bucket,
           sum(q.events)::bigint AS events
      FROM quarter_hour_latency_live AS q
     WHERE q.quarter_hour >= :'from_at'::timestamptz
       AND q.quarter_hour <  :'to_at'::timestamptz
       AND q.events <> 0
\if :{?agent}
       AND q.agent_name = :'agent'
\endif
\if :{?event_type}
       AND q.event_type = :'event_type'
\endif
\if :{?model}
       AND q.model = :'model'
\endif
     GROUP BY name, at, q.latency_bucket
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
