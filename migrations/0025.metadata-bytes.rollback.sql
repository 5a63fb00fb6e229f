-- 0025.metadata-bytes, backwards: drop the column.
--
-- locks    runs, against everyone, until it ends; no row is read
-- loses    nothing: lists measure the metadata
-- again    runs.metadata_bytes

SET LOCAL lock_timeout = '2s';

CREATE OR REPLACE VIEW paged_runs AS
SELECT r.run_id, r.received_on, r.run_name, r.agent_name, r.environment, r.status,
       r.started_at, r.ended_at, r.last_event_at,
       r.duration_us / 1000.0 AS total_duration_ms,
       r.total_cost, r.tokens_in, r.tokens_out, r.event_count, r.error_count,
       r.session_id, r.user_id, r.tags, r.version, r.first_error,
       CASE WHEN octet_length(r.metadata::text) > 16384
            THEN jsonb_build_object('omitted_bytes', octet_length(r.metadata::text))
            ELSE r.metadata
       END AS metadata,
       r.created_at, r.updated_at, r.cached_tokens, r.cache_write_tokens, r.reasoning_tokens
  FROM runs AS r;

ALTER TABLE runs DROP COLUMN metadata_bytes;
