-- written_runs: a run as /export/runs.csv and the headers of exported events have it.

CREATE VIEW written_runs AS
SELECT r.run_id, r.received_on, r.agent_name, r.run_name,
       r.requested_name IS NOT NULL OR r.renamed AS is_named,
       r.environment, r.status, r.started_at, r.ended_at, r.last_event_at,
       r.duration_us / 1000.0 AS total_duration_ms,
       r.total_cost::text     AS total_cost,
       r.tokens_in, r.tokens_out, r.event_count, r.error_count,
       r.session_id, r.user_id, r.tags, r.version, r.first_error,
       r.metadata, r.created_at, r.updated_at, r.cached_tokens, r.cache_write_tokens, r.reasoning_tokens
  FROM runs AS r;

COMMENT ON VIEW written_runs IS 'Runs as exports write them';
