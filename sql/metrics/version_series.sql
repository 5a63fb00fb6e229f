-- metrics/version_series: a metric by version and hour or day of a time zone in which the runs started.
--
-- Runs that retention removed are in it, at the beginning of the UTC day on which they started.
--
-- params   metric     identifier   runs, events, errors, cost, tokens_in or tokens_out
-- params   interval   text         hour or day
-- params   tz         text         a time zone's name
-- params   agent      text         optional: this agent alone
-- params   from_at    timestamptz  included
-- params   to_at      timestamptz  not included
-- params   row_limit  bigint       versions at most, the largest first
-- returns  name text, at timestamp with time zone, value numeric
-- rows     one per version and hour or day in which a run started; the name of runs without a version is empty
-- index    runs_agent_name_started_at_idx, retired_versions_agent_name_idx
-- plan     index scan of the agent's runs in the window (runs_started_at_idx without agent), and of removed ones; aggregate
-- try      \set metric cost \set interval day \set tz Europe/Paris \set agent Researcher \set from_at '2026-11-01' \set to_at '2026-11-24' \set row_limit 20

WITH kept AS (
    SELECT coalesce(r.version, '') AS name, r.started_at,
           1::numeric AS runs, r.event_count::numeric AS events, r.error_count::numeric AS errors,
           r.total_cost AS cost, r.tokens_in::numeric AS tokens_in, r.tokens_out::numeric AS tokens_out
      FROM runs AS r
     WHERE r.started_at >= :'from_at'::timestamptz
       AND r.started_at < :'to_at'::timestamptz
\if :{?agent}
       AND r.agent_name = :'agent'
\endif
), counted AS (
    SELECT k.name, k.started_at, k.runs, k.events, k.errors, k.cost, k.tokens_in, k.tokens_out
      FROM kept AS k
     UNION ALL
    SELECT t.version, t.day::timestamp AT TIME ZONE 'UTC', t.runs::numeric, t.events, t.errors, t.cost, t.tokens_in, t.tokens_out
      FROM retired_versions AS t
     WHERE t.day::timestamp AT TIME ZONE 'UTC' >= :'from_at'::timestamptz
       AND t.day::timestamp AT TIME ZONE 'UTC' < :'to_at'::timestamptz
\if :{?agent}
       AND t.agent_name = :'agent'
\endif
), points AS (
    SELECT c.name, date_trunc(:'interval', c.started_at, :'tz') AS at, sum(c.:"metric") AS value
      FROM counted AS c
     GROUP BY c.name, at
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
