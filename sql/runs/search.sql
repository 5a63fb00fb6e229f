-- runs/search: runs by their start, newest first, that pass every filter given.
--
-- A statement reads one slice: at most that many runs. The last row of a full slice is marked is_end,
-- and is a result only if it is also marked matches. Without results a slice is one row. With
-- reads_events a slice ends once its runs have that many events in all.
--
-- params   slice             bigint       runs, with reads_events events too, to read at most
-- params   row_limit         bigint       rows at most
-- params   ascending         boolean      optional: given, oldest first
-- params   after_started_at  timestamptz  optional: started_at of the run after which the scan begins
-- params   after_run_id      uuid         optional: its run_id
-- params   inclusive         boolean      optional: given, the scan begins with that run
-- params   agent             text         optional: this agent alone
-- params   from_at           timestamptz  optional: started then or later
-- params   to_at             timestamptz  optional: started before
-- params   status            text         optional: active, completed or failed
-- params   silent_since      timestamptz  optional: active, and without an event since
-- params   environment       text         optional: this environment alone
-- params   min_cost          numeric      optional: US dollars
-- params   max_cost          numeric      optional: US dollars
-- params   min_duration_ms   numeric      optional: milliseconds
-- params   has_error         boolean      optional: whether any of its events is an error
-- params   name_pattern      text         optional: the run's name is like this, A to Z in any case
-- params   name_regex        text         optional: a regular expression that the run's name matches
-- params   model             text         optional: one of its events names this model
-- params   tool              text         optional: one of its events names this tool
-- params   data_pattern      text         optional: the data of one of its events, as text, is like this, A to Z in any case
-- params   data_regex        text         optional: a regular expression that it matches
-- params   reads_events      boolean      optional: given with model, tool, data_pattern or data_regex
-- params   session_id        text         optional: of this session alone
-- params   user_id           text         optional: of this user alone
-- params   tags              text[]       optional: with all of these tags
-- params   version           text         optional: of this version alone
-- returns  run_id uuid, received_on date, run_name text, agent_name text, environment text, status text, started_at timestamp with time zone, ended_at timestamp with time zone, last_event_at timestamp with time zone, total_duration_ms numeric, total_cost numeric, tokens_in bigint, tokens_out bigint, event_count bigint, error_count bigint, session_id text, user_id text, tags text[], version text, first_error jsonb, metadata jsonb, created_at timestamp with time zone, updated_at timestamp with time zone, cached_tokens bigint, cache_write_tokens bigint, reasoning_tokens bigint, matches boolean, is_end boolean
-- rows     up to row_limit
-- index    runs_agent_name_started_at_idx or runs_session_id_idx, runs_user_id_idx, runs_version_idx, runs_pkey, events_pkey
-- plan     index scan in the order of the index, from the cursor on (runs_started_at_idx without agent), at
--          most runs of one moment sorted; stops at row_limit. reads_events: one index scan in one partition per run
-- try      \set slice 1000 \set row_limit 50 \set ascending true \set after_started_at '2026-11-22 23:59:00+00' \set after_run_id 8552f8ec-923d-432c-9bc4-802c92078534 \set inclusive true \set agent Researcher \set from_at '2026-11-01' \set to_at '2026-12-24' \set status failed \set silent_since '2026-11-22 12:00:00+00' \set environment production \set min_cost 0.01 \set max_cost 2.5 \set min_duration_ms 1500 \set has_error true \set name_pattern '%run 1%' \set name_regex 'run 1' \set model gpt-4o \set tool search \set data_pattern '%time out%' \set data_regex '[tT]ime' \set reads_events true \set session_id s-17 \set user_id u-4 \set tags '{test, nightly}' \set version 1.4.0

WITH walked AS (
    SELECT r.run_id, r.received_on, r.started_at, r.event_count,
           true
\if :{?status}
           AND r.status = :'status'
\endif
\if :{?silent_since}
           AND r.status = 'active'
           AND r.last_event_at < :'silent_since'::timestamptz
\endif
\if :{?environment}
           AND r.environment = :'environment'
\endif
\if :{?version}
\if :{?agent}
\else
           AND r.version = :'version'
\endif
\endif
\if :{?tags}
           AND r.tags @> :'tags'::text[]
\endif
\if :{?min_cost}
           AND r.total_cost >= :'min_cost'::numeric
\endif
\if :{?max_cost}
           AND r.total_cost <= :'max_cost'::numeric
\endif
\if :{?min_duration_ms}
           AND r.duration_us >= :'min_duration_ms'::numeric * 1000
\endif
\if :{?has_error}
           AND (r.error_count > 0) = :'has_error'::boolean
\endif
\if :{?name_pattern}
           AND r.run_name ILIKE :'name_pattern'
\endif
\if :{?name_regex}
           AND r.run_name ~ :'name_regex'
\endif
           AS passes
      FROM runs AS r
     WHERE true
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
\if :{?from_at}
       AND r.started_at >= :'from_at'::timestamptz
\endif
\if :{?to_at}
       AND r.started_at < :'to_at'::timestamptz
\endif
\if :{?after_run_id}
\if :{?ascending}
\if :{?inclusive}
       AND (r.started_at, r.run_id) >= (:'after_started_at'::timestamptz, :'after_run_id'::uuid)
\else
       AND (r.started_at, r.run_id) > (:'after_started_at'::timestamptz, :'after_run_id'::uuid)
\endif
\else
\if :{?inclusive}
       AND (r.started_at, r.run_id) <= (:'after_started_at'::timestamptz, :'after_run_id'::uuid)
\else
       AND (r.started_at, r.run_id) < (:'after_started_at'::timestamptz, :'after_run_id'::uuid)
\endif
\endif
\endif
\if :{?ascending}
     ORDER BY r.started_at, r.run_id
\else
     ORDER BY r.started_at DESC, r.run_id DESC
\endif
     LIMIT :'slice'::bigint
), counted AS (
    SELECT w.run_id, w.received_on, w.started_at, w.passes,
           row_number() OVER walk AS runs,
           sum(CASE WHEN w.passes THEN w.event_count ELSE 0 END) OVER walk AS events,
           CASE WHEN w.passes THEN w.event_count ELSE 0 END AS own_events
      FROM walked AS w
    WINDOW walk AS (
\if :{?ascending}
           ORDER BY w.started_at, w.run_id
\else
           ORDER BY w.started_at DESC, w.run_id DESC
\endif
           ROWS UNBOUNDED PRECEDING)
\if :{?model}
\if :{?distributed}
), with_model AS MATERIALIZED (
    SELECT e.run_id
      FROM counted AS c
      JOIN events  AS e
        ON e.received_on = c.received_on
       AND e.run_id      = c.run_id
     WHERE e.model = :'model'
       AND c.events - c.own_events < :'slice'::bigint
     GROUP BY e.run_id
\endif
\endif
\if :{?tool}
\if :{?distributed}
), with_tool AS MATERIALIZED (
    SELECT e.run_id
      FROM counted AS c
      JOIN events  AS e
        ON e.received_on = c.received_on
       AND e.run_id      = c.run_id
     WHERE e.tool = :'tool'
       AND c.events - c.own_events < :'slice'::bigint
     GROUP BY e.run_id
\endif
\endif
\if :{?data_pattern}
\if :{?distributed}
), like_data AS MATERIALIZED (
    SELECT e.run_id
      FROM counted AS c
      JOIN events  AS e
        ON e.received_on = c.received_on
       AND e.run_id      = c.run_id
     WHERE e.data::text ILIKE :'data_pattern'
       AND c.events - c.own_events < :'slice'::bigint
     GROUP BY e.run_id
\endif
\endif
\if :{?data_regex}
\if :{?distributed}
), matching_data AS MATERIALIZED (
    SELECT e.run_id
      FROM counted AS c
      JOIN events  AS e
        ON e.received_on = c.received_on
       AND e.run_id      = c.run_id
     WHERE e.data::text ~ :'data_regex'
       AND c.events - c.own_events < :'slice'::bigint
     GROUP BY e.run_id
\endif
\endif
), looked_at AS (
    SELECT c.run_id, c.started_at,
           c.passes
\if :{?model}
\if :{?distributed}
           AND c.run_id IN (SELECT m.run_id
                              FROM with_model AS m)
\else
           AND EXISTS (SELECT
                         FROM events AS e
                        WHERE e.received_on = c.received_on
                          AND e.run_id      = c.run_id
                          AND e.model       = :'model'
                       OFFSET 0)
\endif
\endif
\if :{?tool}
\if :{?distributed}
           AND c.run_id IN (SELECT t.run_id
                              FROM with_tool AS t)
\else
           AND EXISTS (SELECT
                         FROM events AS e
                        WHERE e.received_on = c.received_on
                          AND e.run_id      = c.run_id
                          AND e.tool        = :'tool'
                       OFFSET 0)
\endif
\endif
\if :{?data_pattern}
\if :{?distributed}
           AND c.run_id IN (SELECT d.run_id
                              FROM like_data AS d)
\else
           AND EXISTS (SELECT
                         FROM events AS e
                        WHERE e.received_on = c.received_on
                          AND e.run_id      = c.run_id
                          AND e.data::text ILIKE :'data_pattern'
                       OFFSET 0)
\endif
\endif
\if :{?data_regex}
\if :{?distributed}
           AND c.run_id IN (SELECT d.run_id
                              FROM matching_data AS d)
\else
           AND EXISTS (SELECT
                         FROM events AS e
                        WHERE e.received_on = c.received_on
                          AND e.run_id      = c.run_id
                          AND e.data::text ~ :'data_regex'
                       OFFSET 0)
\endif
\endif
           AS matches,
           c.runs = :'slice'::bigint
\if :{?reads_events}
           OR c.events >= :'slice'::bigint
\endif
           AS is_end
      FROM counted AS c
\if :{?reads_events}
     WHERE c.events - c.own_events < :'slice'::bigint
\endif
)
SELECT r.run_id, r.received_on, r.run_name, r.agent_name, r.environment, r.status, r.started_at,
       r.ended_at, r.last_event_at, r.total_duration_ms, r.total_cost, r.tokens_in, r.tokens_out,
       r.event_count, r.error_count, r.session_id, r.user_id, r.tags, r.version, r.first_error,
       r.metadata, r.created_at, r.updated_at, r.cached_tokens, r.cache_write_tokens,
       r.reasoning_tokens, l.matches, l.is_end
  FROM looked_at   AS l
  JOIN paged_runs AS r
    ON r.run_id = l.run_id
 WHERE l.matches OR l.is_end
\if :{?ascending}
 ORDER BY l.started_at, l.run_id
\else
 ORDER BY l.started_at DESC, l.run_id DESC
\endif
 LIMIT :'row_limit'::bigint;
