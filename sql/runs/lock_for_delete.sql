-- runs/lock_for_delete: lock a run before its events are deleted, so that no ingest adds to it.
--
-- params   run_id  uuid  the run
-- returns  run_id uuid, received_on date
-- rows     one; none when the run is unknown
-- index    runs_pkey
-- plan     one index look-up, lock row
-- try      \set run_id 8552f8ec-923d-432c-9bc4-802c92078534

SELECT r.run_id, r.received_on
  FROM runs AS r
 WHERE r.run_id = :'run_id'::uuid
   FOR UPDATE;
