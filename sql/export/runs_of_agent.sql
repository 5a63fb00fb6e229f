-- export/runs_of_agent: an agent's runs, oldest first, a page at a time.
--
-- Bytes are those of the stored data, times eight where compressed, without reading TOAST.
--
-- params   agent_name    text         the agent
-- params   after         uuid         the last run of the page before; not given: from the first
-- params   after_at      timestamptz  its created_at
-- params   row_limit     bigint       rows at most
-- params   byte_limit    bigint       of their metadata, except the first run: a page ends there
-- returns  scanned bigint, run_id uuid, received_on date, agent_name text, run_name text, is_named boolean, environment text, status text, started_at timestamp with time zone, ended_at timestamp with time zone, last_event_at timestamp with time zone, total_duration_ms numeric, total_cost text, tokens_in bigint, tokens_out bigint, event_count bigint, error_count bigint, session_id text, user_id text, tags text[], version text, first_error jsonb, metadata jsonb, created_at timestamp with time zone, updated_at timestamp with time zone, cached_tokens bigint, cache_write_tokens bigint, reasoning_tokens bigint
-- rows     up to row_limit. Fewer than `scanned`, which is on each: the byte limit ended the page
-- index    runs_agent_name_created_at_idx, runs_pkey
-- plan     index scan backwards from the given run on; then a look-up per run that fits, and
--          before PostgreSQL 17 a sort of those
-- try      \set agent_name Researcher \set after 8552f8ec-923d-432c-9bc4-802c92078534 \set after_at '2026-11-22 23:59:00+00' \set row_limit 500 \set byte_limit 524288

WITH found AS MATERIALIZED (
    SELECT r.created_at, r.run_id,
           pg_column_size(r.metadata)
           * CASE WHEN pg_column_compression(r.metadata) IS NULL THEN 1 ELSE 8 END AS bytes
      FROM runs AS r
     WHERE r.agent_name = :'agent_name'
\if :{?after}
       AND (r.created_at, r.run_id) > (:'after_at'::timestamptz, :'after'::uuid)
\endif
     ORDER BY r.created_at, r.run_id
     LIMIT :'row_limit'::bigint
), page AS MATERIALIZED (
    SELECT f.created_at, f.run_id,
           count(*) OVER () AS scanned,
           sum(f.bytes) OVER (ORDER BY f.created_at, f.run_id
                               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
      FROM found AS f
)
SELECT p.scanned, r.run_id, r.received_on, r.agent_name, r.run_name, r.is_named, r.environment,
       r.status, r.started_at, r.ended_at, r.last_event_at, r.total_duration_ms, r.total_cost,
       r.tokens_in, r.tokens_out, r.event_count, r.error_count, r.session_id, r.user_id, r.tags,
       r.version, r.first_error, r.metadata, r.created_at, r.updated_at, r.cached_tokens,
       r.cache_write_tokens, r.reasoning_tokens
  FROM page          AS p
  JOIN written_runs AS r
    ON r.run_id = p.run_id
 WHERE coalesce(p.bytes_before, 0) < :'byte_limit'::bigint
 ORDER BY p.created_at, p.run_id;
