-- sessions/list_by_total: the sessions, or users, of a window by cost, tokens or runs, the largest first.
--
-- Run runs/search_window first, with the same limit, because all runs of the window are read.
--
-- params   group             identifier   session_id or user_id
-- params   sort              identifier   cost, tokens (in and out) or run_count
-- params   run_limit         bigint       runs of the window to read at most, the newest
-- params   row_limit         bigint       rows at most
-- params   after_total       numeric      optional: the total of the session after which the page begins
-- params   after_name        text         optional: its name
-- params   agent             text         optional: runs of this agent alone
-- params   user_id           text         optional: runs of this user alone
-- params   from_at           timestamptz  runs started then or later
-- params   to_at             timestamptz  optional: runs started before
-- returns  name text, user_id text, agents text[], agent_count integer, runs bigint, active bigint, failed bigint, total_cost numeric, tokens_in numeric, tokens_out numeric, event_count numeric, error_count numeric, first_seen timestamp with time zone, last_seen timestamp with time zone, total text
-- rows     up to row_limit; agents: the first 10
-- index    runs_agent_name_started_at_idx or runs_user_id_idx
-- plan     index scan of the window (runs_started_at_idx without agent and user_id), aggregate, sort in memory
-- try      \set group session_id \set sort cost \set run_limit 200000 \set row_limit 51 \set after_total 0.25 \set after_name s-17 \set agent Researcher \set user_id u-4 \set from_at '2026-11-01' \set to_at '2026-12-24'

WITH walked AS (
    SELECT r.:"group" AS name, r.user_id, r.agent_name, r.status, r.total_cost, r.tokens_in, r.tokens_out,
           r.event_count, r.error_count, r.started_at, r.last_event_at, r.run_id
      FROM runs AS r
     WHERE true
\if :{?agent}
       AND r.agent_name = :'agent'
\endif
\if :{?user_id}
       AND r.user_id = :'user_id'
\endif
       AND r.started_at >= :'from_at'::timestamptz
\if :{?to_at}
       AND r.started_at < :'to_at'::timestamptz
\endif
     ORDER BY r.started_at DESC, r.run_id DESC
     LIMIT :'run_limit'::bigint
), summed AS (
    SELECT w.name,
           (array_agg(w.user_id ORDER BY w.started_at DESC, w.run_id DESC))[1] AS user_id,
           array_agg(DISTINCT w.agent_name ORDER BY w.agent_name) AS agents,
           count(*)                                          AS runs,
           count(*) FILTER (WHERE w.status = 'active')       AS active,
           count(*) FILTER (WHERE w.status = 'failed')       AS failed,
           sum(w.total_cost)                                 AS total_cost,
           sum(w.tokens_in)                                  AS tokens_in,
           sum(w.tokens_out)                                 AS tokens_out,
           sum(w.event_count)                                AS event_count,
           sum(w.error_count)                                AS error_count,
           min(w.started_at)                                 AS first_seen,
           max(w.last_event_at)                              AS last_seen
      FROM walked AS w
     WHERE w.name IS NOT NULL
     GROUP BY w.name
), ranked AS (
    SELECT s.name,
           s.total_cost                AS cost,
           s.tokens_in + s.tokens_out  AS tokens,
           s.runs::numeric             AS run_count
      FROM summed AS s
)
SELECT s.name, s.user_id, s.agents[1:10] AS agents, cardinality(s.agents) AS agent_count,
       s.runs, s.active, s.failed, s.total_cost, s.tokens_in, s.tokens_out,
       s.event_count, s.error_count, s.first_seen, s.last_seen, k.:"sort"::text AS total
  FROM ranked AS k
  JOIN summed AS s
    ON s.name = k.name
\if :{?after_name}
 WHERE (k.:"sort", k.name) < (:'after_total'::numeric, :'after_name')
\endif
 ORDER BY k.:"sort" DESC, k.name DESC
 LIMIT :'row_limit'::bigint;
