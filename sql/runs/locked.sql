-- runs/locked: which of these runs exist, and which transactions of others hold them, without waiting for any.
--
-- Asked after a lock timeout, in a transaction of its own that is rolled back: the runs that nobody holds are locked
-- for a moment. On Citus only an UPDATE locks rows of several shards, and it waits: there no holder is known.
--
-- params   run_ids  uuid[]  the runs
-- returns  run_id uuid, held_by text
-- rows     one per run that exists; held_by is NULL where nobody holds it
-- index    runs_pkey
-- plan     index scan, lock rows; index scan, a hashed subplan
-- try      \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}'

\if :{?distributed}
SELECT r.run_id, NULL::text AS held_by
  FROM runs AS r
 WHERE r.run_id = ANY (:'run_ids'::uuid[])
 ORDER BY r.run_id;
\else
WITH free AS MATERIALIZED (
    SELECT r.run_id
      FROM runs AS r
     WHERE r.run_id = ANY (:'run_ids'::uuid[])
       FOR NO KEY UPDATE SKIP LOCKED
)
SELECT r.run_id, CASE WHEN r.run_id NOT IN (SELECT f.run_id FROM free AS f) THEN r.xmax::text END AS held_by
  FROM runs AS r
 WHERE r.run_id = ANY (:'run_ids'::uuid[])
 ORDER BY r.run_id;
\endif
