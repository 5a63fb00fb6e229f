-- sessions/runs: the runs of a session, oldest first.
--
-- params   session_id        text         the session
-- params   after_started_at  timestamptz  optional: started_at of the run after which the page begins
-- params   after_run_id      uuid         optional: its run_id
-- params   row_limit         bigint       rows at most
-- returns  run_id uuid, received_on date, run_name text, agent_name text, environment text, status text, started_at timestamp with time zone, ended_at timestamp with time zone, last_event_at timestamp with time zone, total_duration_ms numeric, total_cost numeric, tokens_in bigint, tokens_out bigint, event_count bigint, error_count bigint, session_id text, user_id text, tags text[], version text, first_error jsonb, metadata jsonb, created_at timestamp with time zone, updated_at timestamp with time zone, cached_tokens bigint, cache_write_tokens bigint, reasoning_tokens bigint
-- rows     up to row_limit
-- index    runs_session_id_idx
-- plan     index scan in the order of the index, backwards, no sort
-- try      \set session_id s-17 \set after_started_at '2026-11-01' \set after_run_id 8552f8ec-923d-432c-9bc4-802c92078534 \set row_limit 51

SELECT r.run_id, r.received_on, r.run_name, r.agent_name, r.environment, r.status, r.started_at,
       r.ended_at, r.last_event_at, r.total_duration_ms, r.total_cost, r.tokens_in, r.tokens_out,
       r.event_count, r.error_count, r.session_id, r.user_id, r.tags, r.version, r.first_error,
       r.metadata, r.created_at, r.updated_at, r.cached_tokens, r.cache_write_tokens,
       r.reasoning_tokens
  FROM paged_runs AS r
 WHERE r.session_id = :'session_id'
\if :{?after_run_id}
   AND (r.started_at, r.run_id) > (:'after_started_at'::timestamptz, :'after_run_id'::uuid)
\endif
 ORDER BY r.started_at, r.run_id
 LIMIT :'row_limit'::bigint;
