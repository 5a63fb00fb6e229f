-- export/run: one run, as the pages of runs have it.
--
-- params   run_id  uuid  the run
-- returns  run_id uuid, received_on date, agent_name text, run_name text, is_named boolean, environment text, status text, started_at timestamp with time zone, last_event_at timestamp with time zone, total_duration_ms numeric, total_cost text, tokens_in bigint, tokens_out bigint, event_count bigint, error_count bigint, metadata jsonb, created_at timestamp with time zone, updated_at timestamp with time zone
-- rows     one; none when the run is unknown
-- index    runs_pkey
-- plan     one index look-up
-- try      \set run_id 8552f8ec-923d-432c-9bc4-802c92078534

SELECT r.run_id, r.received_on, r.agent_name, r.run_name,
       r.requested_name IS NOT NULL OR r.renamed AS is_named,
       r.environment, r.status, r.started_at, r.last_event_at,
       r.duration_us / 1000.0 AS total_duration_ms,
       r.total_cost::text AS total_cost,
       r.tokens_in, r.tokens_out, r.event_count, r.error_count, r.metadata, r.created_at, r.updated_at
  FROM runs AS r
 WHERE r.run_id = :'run_id'::uuid;
