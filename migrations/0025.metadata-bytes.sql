-- 0025.metadata-bytes: keep the printed size of a run's metadata, so that lists of runs do not print it to measure it.
--
-- locks    runs, against everyone, until it ends: it reads all runs and writes those with much metadata
-- safe     yes: older processes store runs without the size, which lists measure each time. Of a run whose metadata they
--          replace, lists go by the size of the old
--
-- Small metadata is not written: lists measure what has no size. Up to 512 bytes of jsonb print to 14 KB at most, and
-- compressed ones to any size.

SET LOCAL lock_timeout = '2s';

ALTER TABLE runs ADD COLUMN metadata_bytes integer;

COMMENT ON COLUMN runs.metadata_bytes IS 'Of metadata as printed. NULL: not measured, as of runs with little metadata from before the column';

UPDATE runs AS r
   SET metadata_bytes = octet_length(r.metadata::text)
 WHERE pg_column_size(r.metadata) > 512
    OR pg_column_compression(r.metadata) IS NOT NULL;

CREATE OR REPLACE VIEW paged_runs AS
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
