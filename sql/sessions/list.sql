-- sessions/list: sessions, or users, by the start of their newest run, newest first, with what their runs add up to.
--
-- A statement reads one slice: at most that many runs. Each of them that is the newest of its session is a row, and is marked
-- matches. The last run of a full slice is marked is_end, and is a row in any case. On Citus all runs that pass the filters are
-- read, and there is no slice.
--
-- params   group             identifier   session_id or user_id
-- params   slice             bigint       runs to read at most
-- params   row_limit         bigint       rows at most
-- params   run_limit         bigint       runs of each to add up at most, the newest
-- params   after_started_at  timestamptz  optional: started_at of the run after which the scan begins
-- params   after_run_id      uuid         optional: its run_id
-- params   agent             text         optional: runs of this agent alone
-- params   user_id           text         optional: runs of this user alone
-- params   from_at           timestamptz  optional: runs started then or later
-- params   to_at             timestamptz  optional: runs started before
-- returns  name text, user_id text, agents text[], agent_count integer, runs bigint, active bigint, failed bigint, total_cost numeric, tokens_in numeric, tokens_out numeric, event_count bigint, error_count bigint, first_seen timestamp with time zone, last_seen timestamp with time zone, truncated boolean, started_at timestamp with time zone, run_id uuid, matches boolean, is_end boolean
-- rows     up to row_limit; agents: the first 10. truncated: run_limit runs are added up, and there may be more
-- index    runs_agent_name_started_at_idx or runs_user_id_idx, runs_session_id_idx
-- plan     index scan in the order of the index, from the cursor on (runs_started_at_idx without agent and user_id), and for
--          each run a look-up of a newer one of its session; stops at row_limit. Then an index scan per session
-- try      \set group session_id \set slice 1000 \set row_limit 51 \set run_limit 100000 \set after_started_at '2026-11-22 23:59:00+00' \set after_run_id 8552f8ec-923d-432c-9bc4-802c92078534 \set agent Researcher \set user_id u-4 \set from_at '2026-11-01' \set to_at '2026-12-24'

\if :{?distributed}
WITH passing AS (
    SELECT r.:"group" AS name, r.user_id, r.agent_name, r.status, r.total_cost, r.tokens_in, r.tokens_out,
           r.event_count, r.error_count, r.started_at, r.last_event_at, r.run_id
      FROM runs AS r
     WHERE r.:"group" IS NOT NULL
\if :{?agent}
       AND r.agent_name = :'agent'
\endif
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
           max(p.last_event_at)                              AS last_seen,
           false                                             AS truncated
      FROM passing AS p
     GROUP BY p.name
)
SELECT p.name, p.user_id, s.agents[1:10] AS agents, cardinality(s.agents) AS agent_count,
       s.runs, s.active, s.failed, s.total_cost, s.tokens_in, s.tokens_out,
       s.event_count, s.error_count, s.first_seen, s.last_seen, s.truncated, p.started_at, p.run_id, p.matches, p.is_end
  FROM newest AS p
  JOIN summed AS s
    ON s.name = p.name
 WHERE :'slice'::bigint > 0
\if :{?after_run_id}
   AND (p.started_at, p.run_id) < (:'after_started_at'::timestamptz, :'after_run_id'::uuid)
\endif
 ORDER BY p.started_at DESC, p.run_id DESC
 LIMIT :'row_limit'::bigint;
\else
WITH walked AS (
    SELECT r.run_id, r.:"group" AS name, r.user_id, r.started_at
      FROM runs AS r
     WHERE true
\if :{?agent}
       AND r.agent_name = :'agent'
\endif
\if :{?user_id}
       AND r.user_id = :'user_id'
\endif
\if :{?from_at}
       AND r.started_at >= :'from_at'::timestamptz
\endif
\if :{?to_at}
       AND r.started_at < :'to_at'::timestamptz
\endif
\if :{?after_run_id}
       AND (r.started_at, r.run_id) < (:'after_started_at'::timestamptz, :'after_run_id'::uuid)
\endif
     ORDER BY r.started_at DESC, r.run_id DESC
     LIMIT :'slice'::bigint
), counted AS (
    SELECT w.run_id, w.name, w.user_id, w.started_at,
           row_number() OVER (ORDER BY w.started_at DESC, w.run_id DESC ROWS UNBOUNDED PRECEDING)
           = :'slice'::bigint AS is_end
      FROM walked AS w
), looked_at AS (
    SELECT c.run_id, c.name, c.user_id, c.started_at, c.is_end, n.matches
      FROM counted AS c
     CROSS JOIN LATERAL (  -- in the list of columns it would be looked at twice: as a filter, too
           SELECT c.name IS NOT NULL
           AND NOT EXISTS (SELECT
                             FROM runs AS l
                            WHERE l.:"group" = c.name
                              AND (l.started_at, l.run_id) > (c.started_at, c.run_id)
\if :{?agent}
                              AND l.agent_name = :'agent'
\endif
\if :{?user_id}
                              AND l.user_id = :'user_id'
\endif
\if :{?to_at}
                              AND l.started_at < :'to_at'::timestamptz
\endif
                           OFFSET 0) AS matches
           OFFSET 0) AS n
), page AS MATERIALIZED (
    SELECT l.run_id, l.name, l.user_id, l.started_at, l.is_end, l.matches
      FROM looked_at AS l
     WHERE l.matches OR l.is_end
     ORDER BY l.started_at DESC, l.run_id DESC
     LIMIT :'row_limit'::bigint
)
SELECT p.name, p.user_id, s.agents[1:10] AS agents, cardinality(s.agents) AS agent_count,
       s.runs, s.active, s.failed, s.total_cost, s.tokens_in, s.tokens_out,
       s.event_count, s.error_count, s.first_seen, s.last_seen, s.truncated, p.started_at, p.run_id, p.matches, p.is_end
  FROM page AS p
  LEFT JOIN LATERAL (
\if :{?agent}
       SELECT ARRAY[:'agent'::text]                             AS agents,
\else
       SELECT array_agg(DISTINCT r.agent_name ORDER BY r.agent_name) AS agents,
\endif
              count(*)                                          AS runs,
              count(*) FILTER (WHERE r.status = 'active')       AS active,
              count(*) FILTER (WHERE r.status = 'failed')       AS failed,
              sum(r.total_cost)                                 AS total_cost,
              sum(r.tokens_in)                                  AS tokens_in,
              sum(r.tokens_out)                                 AS tokens_out,
              sum(r.event_count)::bigint                        AS event_count,
              sum(r.error_count)::bigint                        AS error_count,
              min(r.started_at)                                 AS first_seen,
              max(r.last_event_at)                              AS last_seen,
              count(*) >= :'run_limit'::bigint                  AS truncated
         FROM (SELECT r.agent_name, r.status, r.total_cost, r.tokens_in, r.tokens_out,
                      r.event_count, r.error_count, r.started_at, r.last_event_at
                 FROM runs AS r
                WHERE r.:"group" = p.name
\if :{?agent}
                  AND r.agent_name = :'agent'
\endif
\if :{?user_id}
                  AND r.user_id = :'user_id'
\endif
\if :{?from_at}
                  AND r.started_at >= :'from_at'::timestamptz
\endif
\if :{?to_at}
                  AND r.started_at < :'to_at'::timestamptz
\endif
                ORDER BY r.started_at DESC, r.run_id DESC
                LIMIT :'run_limit'::bigint) AS r) AS s
    ON p.matches
 ORDER BY p.started_at DESC, p.run_id DESC;
\endif
