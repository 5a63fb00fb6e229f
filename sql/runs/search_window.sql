-- runs/search_window: the moment before which a window of runs is too large to sort.
--
-- params   from_at      timestamptz  started then or later
-- params   to_at        timestamptz  optional: started before
-- params   agent        text         optional: this agent alone
-- params   session_id   text         optional: of this session alone
-- params   user_id      text         optional: of this user alone
-- params   version      text         optional: of this version of the agent alone
-- params   run_limit    bigint       runs at most
-- params   event_limit  bigint       optional: events of all its runs at most
-- returns  started_at timestamp with time zone
-- rows     one; none when the window is small enough
-- index    runs_agent_name_started_at_idx or runs_session_id_idx, runs_user_id_idx, runs_version_idx
-- plan     index scan of the window (runs_started_at_idx without agent), which ends at the limits
-- try      \set from_at '2026-11-01' \set to_at '2026-12-24' \set agent Researcher \set session_id s-17 \set user_id u-4 \set version 1.4.0 \set run_limit 200000 \set event_limit 1000000

SELECT c.started_at
  FROM (SELECT w.started_at, w.run_id,
               row_number()       OVER walk AS runs,
               sum(w.event_count) OVER walk AS events
          FROM (SELECT r.started_at, r.run_id, r.event_count
                  FROM runs AS r
                 WHERE r.started_at >= :'from_at'::timestamptz
\if :{?to_at}
                   AND r.started_at < :'to_at'::timestamptz
\endif
\if :{?agent}
                   AND r.agent_name = :'agent'
\if :{?version}
                   AND r.version = :'version'
\endif
\endif
\if :{?session_id}
                   AND r.session_id = :'session_id'
\endif
\if :{?user_id}
                   AND r.user_id = :'user_id'
\endif
                 ORDER BY r.started_at DESC, r.run_id DESC
                 LIMIT :'run_limit'::bigint + 1) AS w
        WINDOW walk AS (ORDER BY w.started_at DESC, w.run_id DESC ROWS UNBOUNDED PRECEDING)) AS c
 WHERE c.runs > :'run_limit'::bigint
\if :{?event_limit}
    OR c.events > :'event_limit'::bigint
\endif
 ORDER BY c.started_at DESC, c.run_id DESC
 LIMIT 1;
