-- shown_runs: a run as the API returns it, and received_on, which says in which partition its events are.

CREATE VIEW shown_runs AS
SELECT r.run_id, r.received_on, r.run_name, r.agent_name, r.environment, r.status,
       r.started_at, r.ended_at, r.last_event_at,
       r.duration_us / 1000.0 AS total_duration_ms,
       r.total_cost, r.tokens_in, r.tokens_out, r.event_count, r.error_count,
       r.session_id, r.user_id, r.tags, r.version, r.first_error,
       r.metadata, r.created_at, r.updated_at, r.cached_tokens, r.cache_write_tokens, r.reasoning_tokens
  FROM runs AS r;

COMMENT ON VIEW shown_runs IS 'Runs as the API returns them';
