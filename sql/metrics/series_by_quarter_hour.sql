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
-- plan     index scan where an agent is given, else the window by quarter_hour_metrics_quarter_hour_idx; and the deltas
-- try      \set metric cost \set counted events \set group_by event_type \set interval hour \set tz Europe/Paris \set agent Researcher \set event_type llm_call \set model gpt-4o \set tool search \set from_at '2026-11-01' \set to_at '2026-11-24' \set row_limit 20

WITH points AS (
\if :{?group_by}
    SELECT q.:"group_by" AS name,
\else
    SELECT '' AS name,
\endif
           date_trunc(:'interval', q.quarter_hour, :'tz') AS at,
           sum(q.:"metric") AS value
      FROM quarter_hour_metrics_live AS q
     WHERE q.quarter_hour >= :'from_at'::timestamptz
       AND q.quarter_hour <  :'to_at'::timestamptz
       AND q.:"counted" <> 0
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
     GROUP BY name, at
), largest AS (
    SELECT p.name, sum(p.value) AS size
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
