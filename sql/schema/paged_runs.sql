-- paged_runs: a run as lists return it: shown_runs, without metadata above 16 KB.

CREATE VIEW paged_runs AS
SELECT r.run_id, r.received_on, r.run_name, r.agent_name, r.environment, r.status,
       r.started_at, r.ended_at, r.last_event_at,
       r.duration_us / 1000.0 AS total_duration_ms,
       r.total_cost, r.tokens_in, r.tokens_out, r.event_count, r.error_count,
       r.session_id, r.user_id, r.tags, r.version, r.first_error,
       CASE WHEN coalesce(r.metadata_bytes, octet_length(r.metadata::text)) > 16384
            THEN jsonb_build_object('omitted_bytes', coalesce(r.metadata_bytes, octet_length(r.metadata::text)))
            ELSE r.metadata
       END AS metadata,
       r.created_at, r.updated_at, r.cached_tokens, r.cache_write_tokens, r.reasoning_tokens
  FROM runs AS r;

COMMENT ON VIEW paged_runs IS 'Runs as lists return them: shown_runs, but metadata above 16 KB is left out, since a page has up to 1,000 runs.';
