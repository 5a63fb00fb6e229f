-- runs/search_by_total: the runs of a window that pass every filter given, by cost, duration or tokens.
--
-- Run runs/search_window first, with the same limit, because all runs of the window are read. With a
-- cursor, a run that has not changed since the previous page is on exactly one page.
--
-- params   sort             identifier   cost, duration or tokens (in and out)
-- params   run_limit        bigint       runs of the window to read at most, the newest
-- params   row_limit        bigint       rows at most
-- params   ascending        boolean      optional: given, the smallest first
-- params   after_total      numeric      optional: the total of the run after which the page begins
-- params   after_run_id     uuid         optional: its run_id
-- params   agent            text         optional: this agent alone
-- params   from_at          timestamptz  started then or later
-- params   to_at            timestamptz  optional: started before
-- params   status           text         optional: active, completed or failed
-- params   silent_since     timestamptz  optional: active, and without an event since
-- params   environment      text         optional: this environment alone
-- params   min_cost         numeric      optional: US dollars
-- params   max_cost         numeric      optional: US dollars
-- params   min_duration_ms  numeric      optional: milliseconds
-- params   has_error        boolean      optional: whether any of its events is an error
-- params   name_pattern     text         optional: the run's name is like this, A to Z in any case
-- params   name_regex       text         optional: a regular expression that the run's name matches
-- params   model            text         optional: one of its events names this model
-- params   tool             text         optional: one of its events names this tool
-- params   data_pattern     text         optional: the data of one of its events, as text, is like this, A to Z in any case
-- params   data_regex       text         optional: a regular expression that it matches
-- params   reads_events     boolean      optional: given with model, tool, data_pattern or data_regex
-- params   session_id       text         optional: of this session alone
-- params   user_id          text         optional: of this user alone
-- params   tags             text[]       optional: with all of these tags
-- params   version          text         optional: of this version alone
-- returns  run_id uuid, received_on date, run_name text, agent_name text, environment text, status text, started_at timestamp with time zone, ended_at timestamp with time zone, last_event_at timestamp with time zone, total_duration_ms numeric, total_cost numeric, tokens_in bigint, tokens_out bigint, event_count bigint, error_count bigint, session_id text, user_id text, tags text[], version text, first_error jsonb, metadata jsonb, created_at timestamp with time zone, updated_at timestamp with time zone, cached_tokens bigint, cache_write_tokens bigint, reasoning_tokens bigint, total text
-- rows     up to row_limit
-- index    runs_agent_name_started_at_idx or runs_session_id_idx, runs_user_id_idx, runs_version_idx, runs_pkey, events_pkey
-- plan     index scan of the window (runs_started_at_idx without agent), sort in memory. reads_events: one
--          index scan in one partition per run, in the order of the total, until row_limit
-- try      \set sort cost \set run_limit 200000 \set row_limit 50 \set ascending true \set after_total 0.25 \set after_run_id 8552f8ec-923d-432c-9bc4-802c92078534 \set agent Researcher \set from_at '2026-11-01' \set to_at '2026-12-24' \set status failed \set silent_since '2026-11-22 12:00:00+00' \set environment production \set min_cost 0.01 \set max_cost 2.5 \set min_duration_ms 1500 \set has_error true \set name_pattern '%run 1%' \set name_regex 'run 1' \set model gpt-4o \set tool search \set data_pattern '%time out%' \set data_regex '[tT]ime' \set reads_events true \set session_id s-17 \set user_id u-4 \set tags '{test, nightly}' \set version 1.4.0

WITH walked AS (
    SELECT r.run_id, r.received_on, r.run_name, r.status, r.environment, r.last_event_at,
           r.total_cost, r.duration_us, r.tokens_in, r.tokens_out, r.error_count, r.tags, r.version
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
     LIMIT :'run_limit'::bigint
), passing AS (
    SELECT w.run_id, w.received_on,
           w.total_cost                         AS cost,
           w.duration_us::numeric               AS duration,
           w.tokens_in::numeric + w.tokens_out  AS tokens
      FROM walked AS w
     WHERE true
\if :{?status}
       AND w.status = :'status'
\endif
\if :{?silent_since}
       AND w.status = 'active'
       AND w.last_event_at < :'silent_since'::timestamptz
\endif
\if :{?environment}
       AND w.environment = :'environment'
\endif
\if :{?version}
       AND w.version = :'version'
\endif
\if :{?tags}
       AND w.tags @> :'tags'::text[]
\endif
\if :{?min_cost}
       AND w.total_cost >= :'min_cost'::numeric
\endif
\if :{?max_cost}
       AND w.total_cost <= :'max_cost'::numeric
\endif
\if :{?min_duration_ms}
       AND w.duration_us >= :'min_duration_ms'::numeric * 1000
\endif
\if :{?has_error}
       AND (w.error_count > 0) = :'has_error'::boolean
\endif
\if :{?name_pattern}
       AND w.run_name ILIKE :'name_pattern'
\endif
\if :{?name_regex}
       AND w.run_name ~ :'name_regex'
\endif
), ranked AS (
    SELECT p.run_id, p.received_on, p.:"sort" AS total
      FROM passing AS p
\if :{?after_run_id}
\if :{?ascending}
     WHERE (p.:"sort", p.run_id) > (:'after_total'::numeric, :'after_run_id'::uuid)
\else
     WHERE (p.:"sort", p.run_id) < (:'after_total'::numeric, :'after_run_id'::uuid)
\endif
\endif
\if :{?ascending}
     ORDER BY total, p.run_id
\else
     ORDER BY total DESC, p.run_id DESC
\endif
\if :{?reads_events}
\else
     LIMIT :'row_limit'::bigint
\endif
\if :{?model}
\if :{?distributed}
), with_model AS MATERIALIZED (
    SELECT e.run_id
      FROM ranked AS k
      JOIN events AS e
        ON e.received_on = k.received_on
       AND e.run_id      = k.run_id
     WHERE e.model = :'model'
     GROUP BY e.run_id
\endif
\endif
\if :{?tool}
\if :{?distributed}
), with_tool AS MATERIALIZED (
    SELECT e.run_id
      FROM ranked AS k
      JOIN events AS e
        ON e.received_on = k.received_on
       AND e.run_id      = k.run_id
     WHERE e.tool = :'tool'
     GROUP BY e.run_id
\endif
\endif
\if :{?data_pattern}
\if :{?distributed}
), like_data AS MATERIALIZED (
    SELECT e.run_id
      FROM ranked AS k
      JOIN events AS e
        ON e.received_on = k.received_on
       AND e.run_id      = k.run_id
     WHERE e.data::text ILIKE :'data_pattern'
     GROUP BY e.run_id
\endif
\endif
\if :{?data_regex}
\if :{?distributed}
), matching_data AS MATERIALIZED (
    SELECT e.run_id
      FROM ranked AS k
      JOIN events AS e
        ON e.received_on = k.received_on
       AND e.run_id      = k.run_id
     WHERE e.data::text ~ :'data_regex'
     GROUP BY e.run_id
\endif
\endif
)
SELECT r.run_id, r.received_on, r.run_name, r.agent_name, r.environment, r.status, r.started_at,
       r.ended_at, r.last_event_at, r.total_duration_ms, r.total_cost, r.tokens_in, r.tokens_out,
       r.event_count, r.error_count, r.session_id, r.user_id, r.tags, r.version, r.first_error,
       r.metadata, r.created_at, r.updated_at, r.cached_tokens, r.cache_write_tokens,
       r.reasoning_tokens, k.total::text AS total
  FROM ranked      AS k
  JOIN paged_runs AS r
    ON r.run_id = k.run_id
 WHERE true
\if :{?model}
\if :{?distributed}
   AND k.run_id IN (SELECT m.run_id
                      FROM with_model AS m)
\else
   AND EXISTS (SELECT
                 FROM events AS e
                WHERE e.received_on = k.received_on
                  AND e.run_id      = k.run_id
                  AND e.model       = :'model'
               OFFSET 0)
\endif
\endif
\if :{?tool}
\if :{?distributed}
   AND k.run_id IN (SELECT t.run_id
                      FROM with_tool AS t)
\else
   AND EXISTS (SELECT
                 FROM events AS e
                WHERE e.received_on = k.received_on
                  AND e.run_id      = k.run_id
                  AND e.tool        = :'tool'
               OFFSET 0)
\endif
\endif
\if :{?data_pattern}
\if :{?distributed}
   AND k.run_id IN (SELECT d.run_id
                      FROM like_data AS d)
\else
   AND EXISTS (SELECT
                 FROM events AS e
                WHERE e.received_on = k.received_on
                  AND e.run_id      = k.run_id
                  AND e.data::text ILIKE :'data_pattern'
               OFFSET 0)
\endif
\endif
\if :{?data_regex}
\if :{?distributed}
   AND k.run_id IN (SELECT d.run_id
                      FROM matching_data AS d)
\else
   AND EXISTS (SELECT
                 FROM events AS e
                WHERE e.received_on = k.received_on
                  AND e.run_id      = k.run_id
                  AND e.data::text ~ :'data_regex'
               OFFSET 0)
\endif
\endif
\if :{?ascending}
 ORDER BY k.total, k.run_id
\else
 ORDER BY k.total DESC, k.run_id DESC
\endif
 LIMIT :'row_limit'::bigint;
