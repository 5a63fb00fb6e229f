-- events/search_runs: the next runs whose events a search reads, newest first.
--
-- A slice is at most that many runs, fewer once the matching runs have that many events in all. The last
-- run of a slice is marked is_end: the next slice begins after it.
--
-- params   slice             bigint       runs, and events at most
-- params   after_started_at  timestamptz  optional: started_at of the run after which the scan begins
-- params   after_run_id      uuid         optional: its run_id
-- params   inclusive         boolean      optional: given, the scan begins with that run
-- params   run_id            uuid         optional: this run alone
-- params   agent             text         optional: runs of this agent alone
-- params   session_id        text         optional: of this session alone
-- params   user_id           text         optional: of this user alone
-- params   tags              text[]       optional: with all of these tags
-- params   version           text         optional: of this version alone
-- params   from_at           timestamptz  optional: with an event of then or later
-- params   to_at             timestamptz  optional: with an event before
-- params   has_error         boolean      optional: whether any of its events is an error
-- returns  run_id uuid, received_on date, started_at timestamp with time zone, matches boolean, is_end boolean
-- rows     the matching runs, and the run that is_end
-- index    runs_pkey or runs_session_id_idx, runs_user_id_idx
-- plan     index scan in the order of the index, from the cursor on: runs_session_id_idx, runs_user_id_idx,
--          runs_agent_name_started_at_idx or, with version too, runs_version_idx, else runs_started_at_idx; one look-up with run_id
-- try      \set slice 1000 \set after_started_at '2026-11-22 23:59:00+00' \set after_run_id 8552f8ec-923d-432c-9bc4-802c92078534 \set inclusive true \set run_id 8552f8ec-923d-432c-9bc4-802c92078534 \set agent Researcher \set session_id s-17 \set user_id u-4 \set tags '{test, nightly}' \set version 1.4.0 \set from_at '2026-11-01' \set to_at '2026-12-24' \set has_error true

WITH walked AS (
    SELECT r.run_id, r.received_on, r.started_at, r.event_count,
           true
\if :{?from_at}
           AND r.last_event_at >= :'from_at'::timestamptz
\endif
\if :{?to_at}
           AND r.started_at < :'to_at'::timestamptz
\endif
\if :{?has_error}
           AND (r.error_count > 0) = :'has_error'::boolean
\endif
\if :{?run_id}
\if :{?version}
           AND r.version = :'version'
\endif
\if :{?session_id}
           AND r.session_id = :'session_id'
\endif
\if :{?user_id}
           AND r.user_id = :'user_id'
\endif
\else
\if :{?version}
\if :{?agent}
\else
           AND r.version = :'version'
\endif
\endif
\endif
\if :{?tags}
           AND r.tags @> :'tags'::text[]
\endif
           AS matches
      FROM runs AS r
     WHERE true
\if :{?run_id}
       AND r.run_id = :'run_id'::uuid
\else
\if :{?session_id}
       AND r.session_id = :'session_id'
\endif
\if :{?user_id}
       AND r.user_id = :'user_id'
\endif
\if :{?agent}
\if :{?version}
       AND r.version = :'version'
\endif
\endif
\endif
\if :{?agent}
       AND r.agent_name = :'agent'
\endif
\if :{?after_run_id}
\if :{?inclusive}
       AND (r.started_at, r.run_id) <= (:'after_started_at'::timestamptz, :'after_run_id'::uuid)
\else
       AND (r.started_at, r.run_id) < (:'after_started_at'::timestamptz, :'after_run_id'::uuid)
\endif
\endif
     ORDER BY r.started_at DESC, r.run_id DESC
     LIMIT :'slice'::bigint
), counted AS (
    SELECT w.run_id, w.received_on, w.started_at, w.matches,
           row_number() OVER walk AS runs,
           sum(CASE WHEN w.matches THEN w.event_count ELSE 0 END) OVER walk AS events,
           CASE WHEN w.matches THEN w.event_count ELSE 0 END AS own_events
      FROM walked AS w
    WINDOW walk AS (ORDER BY w.started_at DESC, w.run_id DESC ROWS UNBOUNDED PRECEDING)
)
SELECT c.run_id, c.received_on, c.started_at, c.matches,
       c.runs = :'slice'::bigint OR c.events >= :'slice'::bigint AS is_end
  FROM counted AS c
 WHERE c.events - c.own_events < :'slice'::bigint
   AND (c.matches OR c.runs = :'slice'::bigint)
 ORDER BY c.started_at DESC, c.run_id DESC;
