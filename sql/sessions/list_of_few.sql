-- sessions/list_of_few: as sessions/list, of all runs that pass the filters at once, where they are few (sessions/exceeds).
--
-- params   group             identifier   session_id or user_id
-- params   row_limit         bigint       rows at most
-- params   after_started_at  timestamptz  optional: started_at of the newest run of the row after which the page begins
-- params   after_run_id      uuid         optional: its run_id
-- params   agent             text         runs of this agent alone
-- params   user_id           text         optional: runs of this user alone
-- params   from_at           timestamptz  optional: runs started then or later
-- params   to_at             timestamptz  optional: runs started before
-- returns  name text, user_id text, agents text[], agent_count integer, runs bigint, active bigint, failed bigint, total_cost numeric, tokens_in numeric, tokens_out numeric, event_count bigint, error_count bigint, first_seen timestamp with time zone, last_seen timestamp with time zone, started_at timestamp with time zone, run_id uuid, matches boolean, is_end boolean
-- rows     up to row_limit, each matches; agents: the first 10
-- index    runs_agent_name_started_at_idx or runs_agent_name_run_name_key or runs_user_id_idx
-- plan     one index scan of the runs, aggregated in memory
-- try      \set group user_id \set row_limit 51 \set after_started_at '2026-11-22 23:59:00+00' \set after_run_id 8552f8ec-923d-432c-9bc4-802c92078534 \set agent Researcher \set user_id u-4 \set from_at '2026-11-01' \set to_at '2026-12-24'

WITH passing AS MATERIALIZED (
    SELECT r.:"group" AS name, r.user_id, r.agent_name, r.status, r.total_cost, r.tokens_in, r.tokens_out,
           r.event_count, r.error_count, r.started_at, r.last_event_at, r.run_id
      FROM runs AS r
     WHERE r.:"group" IS NOT NULL
       AND r.agent_name = :'agent'
\if :{?user_id}
       AND r.user_id = :'user_id'
\endif
\if :{?from_at}
       AND r.started_at >= :'from_at'::timestamptz
\endif
\if :{?to_at}
       AND r.started_at < :'to_at'::timestamptz
\endif
), newest AS (
    SELECT DISTINCT ON (p.name) p.name, p.user_id, p.started_at, p.run_id, true AS matches, false AS is_end
      FROM passing AS p
     ORDER BY p.name, p.started_at DESC, p.run_id DESC
), page AS MATERIALIZED (
    SELECT n.name, n.user_id, n.started_at, n.run_id, n.matches, n.is_end
      FROM newest AS n
\if :{?after_run_id}
     WHERE (n.started_at, n.run_id) < (:'after_started_at'::timestamptz, :'after_run_id'::uuid)
\endif
     ORDER BY n.started_at DESC, n.run_id DESC
     LIMIT :'row_limit'::bigint
), summed AS (
    SELECT p.name,
           array_agg(DISTINCT p.agent_name ORDER BY p.agent_name) AS agents,
           count(*)                                          AS runs,
           count(*) FILTER (WHERE p.status = 'active')       AS active,
           count(*) FILTER (WHERE p.status = 'failed')       AS failed,
           sum(p.total_cost)                                 AS total_cost,
           sum(p.tokens_in)                                  AS tokens_in,
           sum(p.tokens_out)                                 AS tokens_out,
           sum(p.event_count)::bigint                        AS event_count,
           sum(p.error_count)::bigint                        AS error_count,
           min(p.started_at)                                 AS first_seen,
           max(p.last_event_at)                              AS last_seen
      FROM passing AS p
      JOIN page    AS g
        ON g.name = p.name
     GROUP BY p.name
)
SELECT p.name, p.user_id, s.agents[1:10] AS agents, cardinality(s.agents) AS agent_count,
       s.runs, s.active, s.failed, s.total_cost, s.tokens_in, s.tokens_out,
       s.event_count, s.error_count, s.first_seen, s.last_seen, p.started_at, p.run_id, p.matches, p.is_end
  FROM page AS p
  JOIN summed AS s
    ON s.name = p.name
 ORDER BY p.started_at DESC, p.run_id DESC;
