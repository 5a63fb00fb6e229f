-- metrics/filtered_series_by_day: a metric by day (UTC), for any choice of agent, event type, model and tool.
--
-- For one dimension alone metrics/series_by_day reads far fewer rows.
--
-- params   metric     text         the column: events, errors, runs, cost, tokens_in or tokens_out
-- params   counted    text         runs where that is the metric, else events: rows without any are left out
-- params   group_by   text         optional, the column: agent_name, event_type, model or tool
-- params   agent      text         optional: this agent alone
-- params   event_type text         optional: this event type alone
-- params   model      text         optional: this model alone
-- params   tool       text         optional: this tool alone
-- params   from_at    timestamptz  included
-- params   to_at      timestamptz  not included
-- params   row_limit  bigint       groups at most, the largest first
-- returns  name text, at timestamp with time zone, value numeric
-- rows     one per group and day in which something happened
-- index    daily_metrics_pkey
-- plan     index scan where an agent is given, else the window by daily_metrics_day_idx; and the deltas
-- try      \set metric cost \set counted events \set group_by event_type \set agent Researcher \set event_type llm_call \set model gpt-4o \set tool search \set from_at '2026-11-01' \set to_at '2026-11-24' \set row_limit 20

WITH points AS (
\if :{?group_by}
    SELECT d.:"group_by" AS name,
\else
    SELECT '' AS name,
\endif
           d.day::timestamptz AS at,
           sum(d.:"metric") AS value
      FROM daily_metrics_parts AS d
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
     GROUP BY name, d.day
    HAVING sum(d.:"counted") <> 0
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
