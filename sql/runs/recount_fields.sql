-- runs/recount_fields: find the fields of runs again among all their events.
--
-- Run when the root of a run changes to another event, or a span's ended version lacks what its open one had: what was
-- from it may now be from another event. Rare. verify repairs runs with it.
--
-- params   run_ids  uuid[]  the runs, held
-- index    runs_pkey, events_pkey
-- plan     one index scan on one partition per run, sort in memory
-- try      \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}'

WITH found AS MATERIALIZED (
    SELECT f.run_id, f.fields, f.sources
      FROM run_fields AS f
     WHERE f.run_id = ANY (:'run_ids'::uuid[])
)
UPDATE runs AS r
   SET session_id    = f.fields ->> 'session_id',
       user_id       = f.fields ->> 'user_id',
       tags          = CASE WHEN f.fields -> 'tags' IS NULL THEN '{}'
                            ELSE ARRAY(SELECT jsonb_array_elements_text(f.fields -> 'tags')) END,
       version       = f.fields ->> 'version',
       first_error   = f.fields -> 'first_error',
       field_sources = f.sources
  FROM found AS f
 WHERE r.run_id = f.run_id;
