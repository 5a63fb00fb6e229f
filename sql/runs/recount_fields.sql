-- runs/recount_fields: find the fields of runs again among all their events.
--
-- Run when the root of a run changes to another event, or a span's ended version lacks what its open one had: what was
-- from it may now be from another event. Rare. verify repairs runs with it.
--
-- params   run_ids     uuid[]  the runs, held
-- params   byte_limit  bigint  optional: those whose events have no more data than this, as stored
-- returns  run_id uuid
-- rows     one per run whose fields were found
-- index    runs_pkey, events_pkey
-- plan     one index scan on one partition per run, sort in memory
-- try      \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}' \set byte_limit 1000000

WITH found AS MATERIALIZED (
    SELECT f.run_id, f.fields, f.sources
      FROM run_fields AS f
\if :{?byte_limit}
     WHERE f.run_id = ANY (ARRAY(SELECT s.run_id
                                   FROM runs   AS s
                                   JOIN events AS e
                                     ON e.received_on = s.received_on
                                    AND e.run_id      = s.run_id
                                  WHERE s.run_id = ANY (:'run_ids'::uuid[])
                                  GROUP BY s.run_id
                                 HAVING sum(pg_column_size(e.data)) <= :'byte_limit'::bigint))
\else
     WHERE f.run_id = ANY (:'run_ids'::uuid[])
\endif
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
 WHERE r.run_id = f.run_id
RETURNING r.run_id;
