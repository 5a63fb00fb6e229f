-- export/run: one run with the columns of export/runs.
--
-- params   run_id  uuid  the run
-- returns  run_id uuid, received_on date, agent_name text, run_name text, is_named boolean, environment text, status text, started_at timestamp with time zone, ended_at timestamp with time zone, last_event_at timestamp with time zone, total_duration_ms numeric, total_cost text, tokens_in bigint, tokens_out bigint, event_count bigint, error_count bigint, session_id text, user_id text, tags text[], version text, first_error jsonb, metadata jsonb, created_at timestamp with time zone, updated_at timestamp with time zone, cached_tokens bigint, cache_write_tokens bigint, reasoning_tokens bigint
-- rows     one; none when the run is unknown
-- index    runs_pkey
-- plan     one index look-up
-- try      \set run_id 8552f8ec-923d-432c-9bc4-802c92078534

SELECT r.run_id, r.received_on, r.agent_name, r.run_name, r.is_named, r.environment, r.status,
       r.started_at, r.ended_at, r.last_event_at, r.total_duration_ms, r.total_cost, r.tokens_in,
       r.tokens_out, r.event_count, r.error_count, r.session_id, r.user_id, r.tags, r.version,
       r.first_error, r.metadata, r.created_at, r.updated_at, r.cached_tokens,
       r.cache_write_tokens, r.reasoning_tokens
  FROM written_runs AS r
 WHERE r.run_id = :'run_id'::uuid;
