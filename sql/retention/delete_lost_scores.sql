-- retention/delete_lost_scores: remove scores that came before a day and whose runs never did.
--
-- params   cutoff  date  the first day that is kept
-- returns  scores bigint
-- rows     one: how many scores went
-- index    runs_pkey
-- plan     one pass over scores, a look-up of the run of each old one
-- try      \set cutoff 2026-08-24

WITH gone AS (
    DELETE FROM scores AS s
     WHERE s.updated_at < :'cutoff'::date::timestamptz
       AND NOT EXISTS (SELECT
                         FROM runs AS r
                        WHERE r.run_id = s.run_id)
    RETURNING s.run_id
)
SELECT count(*) AS scores
  FROM gone AS g;
