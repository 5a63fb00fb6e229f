-- verify/recount_run: set a run's totals to those of its events.
--
-- params   run_id  uuid  the run, held in a statement of its own
-- index    runs_pkey, events_pkey
-- plan     one index scan on one partition
-- try      \set run_id 8552f8ec-923d-432c-9bc4-802c92078534

UPDATE runs AS r
   SET event_count        = f.event_count,
       error_count        = f.error_count,
       total_cost         = f.total_cost,
       tokens_in          = f.tokens_in,
       tokens_out         = f.tokens_out,
       cached_tokens      = f.cached_tokens,
       cache_write_tokens = f.cache_write_tokens,
       reasoning_tokens   = f.reasoning_tokens,
       started_at         = f.started_at,
       ended_at           = f.ended_at,
       last_event_at      = f.last_event_at,
       duration_us        = f.duration_us,
       status             = f.status,
       pending_ends       = f.pending_ends,
       updated_at         = now()
  FROM run_facts AS f
 WHERE f.run_id = :'run_id'::uuid
   AND r.run_id = f.run_id;
