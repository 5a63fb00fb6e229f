-- scores/delete_of_runs: remove the scores of runs that are about to be deleted.
--
-- They are locked in the order of their keys, as scores/store locks them. On Citus, FOR UPDATE locks the rows of
-- one run alone.
--
-- params   run_ids  uuid[]  the runs, locked
-- returns  scores bigint
-- rows     one: how many scores went
-- index    scores_pkey
-- plan     index scan, sort, lock rows; then one look-up per score
-- try      \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}'

WITH gone AS (
    DELETE FROM scores AS s
\if :{?distributed}
     WHERE s.run_id = ANY (:'run_ids'::uuid[])
\else
     USING (SELECT h.run_id, h.score_id
              FROM scores AS h
             WHERE h.run_id = ANY (:'run_ids'::uuid[])
             ORDER BY h.run_id, h.score_id
               FOR UPDATE) AS k
     WHERE s.run_id   = k.run_id
       AND s.score_id = k.score_id
\endif
    RETURNING s.run_id
)
SELECT count(*) AS scores
  FROM gone AS g;
