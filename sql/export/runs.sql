-- export/runs: runs by their id, a page at a time.
--
-- By an id that never changes: whatever is written, renamed or moved meanwhile, a run that is there all
-- the time is exported once.
--
-- params   after      uuid    the last run of the page before; not given: from the first
-- params   row_limit  bigint  rows at the most
-- returns  run_id uuid, received_on date, agent_name text, run_name text, is_named boolean, environment text, status text, started_at timestamp with time zone, last_event_at timestamp with time zone, total_duration_ms numeric, total_cost text, tokens_in bigint, tokens_out bigint, event_count bigint, error_count bigint, metadata jsonb, created_at timestamp with time zone, updated_at timestamp with time zone
-- rows     up to row_limit
-- index    runs_pkey
-- plan     index scan from the given run on, no sort
-- try      \set after 8552f8ec-923d-432c-9bc4-802c92078534 \set row_limit 500

SELECT r.run_id, r.received_on, r.agent_name, r.run_name,
       r.requested_name IS NOT NULL OR r.renamed AS is_named,
       r.environment, r.status, r.started_at, r.last_event_at,
       r.duration_us / 1000.0 AS total_duration_ms,
       r.total_cost::text AS total_cost,
       r.tokens_in, r.tokens_out, r.event_count, r.error_count, r.metadata, r.created_at, r.updated_at
  FROM runs AS r
\if :{?after}
 WHERE r.run_id > :'after'::uuid
\endif
 ORDER BY r.run_id
 LIMIT :'row_limit'::bigint;
