-- metrics/series_by_quarter_hour: a metric by hour or day of a time zone.
--
-- Hours and days are put together from quarter hours: 23 time zones are not on the hour.
--
-- params   metric     text         the column: events, errors, runs, cost, tokens_in or tokens_out
-- params   counted    text         runs where that is the metric, else events: rows without any are left out
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
-- returns  name text, at timestamp with time zone, value numeric
-- rows     one per group and hour or day in which something happened
-- index    quarter_hour_metrics_pkey
-- plan     twice, for the largest groups and for their points: index scan where an agent is given, else the window by quarter_hour_metrics_quarter_hour_idx; and the deltas
-- try      \set metric cost \set counted events \set group_by event_type \set interval hour \set tz Europe/Paris \set agent Researcher \set event_type llm_call \set model gpt-4o \set tool search \set from_at '2026-11-01' \set to_at '2026-11-24' \set row_limit 20

WITH chosen AS NOT MATERIALIZED (
\if :{?group_by}
    SELECT q.:"group_by" AS name,
\else
    SELECT '' AS name,
\endif
           q.quarter_hour, q.:"metric" AS value, q.:"counted" AS counted
      FROM quarter_hour_metrics_parts AS q
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
    SELECT c.name, sum(c.value) AS size
      FROM chosen AS c
     GROUP BY c.name
    HAVING sum(c.counted) <> 0
     ORDER BY size DESC, c.name
     LIMIT :'row_limit'::bigint
)
SELECT c.name, date_trunc(:'interval', c.quarter_hour, :'tz') AS at, sum(c.value) AS value
  FROM chosen  AS c
  JOIN largest AS l
    ON l.name = c.name
 GROUP BY l.size, c.name, at
HAVING sum(c.counted) <> 0
 ORDER BY l.size DESC, c.name, at;
