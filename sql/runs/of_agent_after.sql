-- runs/of_agent_after: an agent's runs that follow a given one, newest first.
--
-- params   agent_name   text         the agent
-- params   started_at   timestamptz  started_at of the last run of the page before
-- params   run_id       uuid         its run_id
-- params   row_limit    bigint       rows at most
-- returns  run_id uuid, received_on date, run_name text, agent_name text, environment text, status text, started_at timestamp with time zone, ended_at timestamp with time zone, last_event_at timestamp with time zone, total_duration_ms numeric, total_cost numeric, tokens_in bigint, tokens_out bigint, event_count bigint, error_count bigint, session_id text, user_id text, tags text[], version text, first_error jsonb, metadata jsonb, created_at timestamp with time zone, updated_at timestamp with time zone, cached_tokens bigint, cache_write_tokens bigint, reasoning_tokens bigint
-- rows     up to row_limit
-- index    runs_agent_name_started_at_idx
-- plan     index scan from the cursor on, no sort
-- try      \set agent_name Researcher \set started_at '2026-11-22 23:59:00+00' \set run_id 8552f8ec-923d-432c-9bc4-802c92078534 \set row_limit 50

SELECT r.run_id, r.received_on, r.run_name, r.agent_name, r.environment, r.status, r.started_at,
       r.ended_at, r.last_event_at, r.total_duration_ms, r.total_cost, r.tokens_in, r.tokens_out,
       r.event_count, r.error_count, r.session_id, r.user_id, r.tags, r.version, r.first_error,
       r.metadata, r.created_at, r.updated_at, r.cached_tokens, r.cache_write_tokens,
       r.reasoning_tokens
  FROM paged_runs AS r
 WHERE r.agent_name = :'agent_name'
   AND (r.started_at, r.run_id) < (:'started_at'::timestamptz, :'run_id'::uuid)
 ORDER BY r.started_at DESC, r.run_id DESC
 LIMIT :'row_limit'::bigint;
