-- runs/rename: rename a run at a user's request; events no longer change its name.
--
-- params   run_id    uuid  the run, its agent locked
-- params   new_name  text  the new name
-- returns  run_id uuid
-- rows     one; none when the run is unknown; a name that is taken is an error (runs_agent_name_run_name_key)
-- index    runs_pkey
-- plan     one index look-up
-- try      \set run_id 8552f8ec-923d-432c-9bc4-802c92078534 \set new_name 'the one that failed'

UPDATE runs AS r
   SET run_name   = :'new_name'::text,
       renamed    = true,
       updated_at = now()
 WHERE r.run_id = :'run_id'::uuid
RETURNING r.run_id;
