-- scores/delete: remove the scores of an id: one, as ids are of a run, unless several runs have it.
--
-- params   score_id  text  the id
-- params   run_id    uuid  optional: of this run alone
-- returns  run_id uuid, name text
-- rows     one per score that went; none when the id is unknown
-- index    scores_score_id_idx or scores_pkey
-- plan     one index look-up
-- try      \set score_id accuracy-1 \set run_id 8552f8ec-923d-432c-9bc4-802c92078534

DELETE FROM scores AS s
 WHERE s.score_id = :'score_id'
\if :{?run_id}
   AND s.run_id = :'run_id'::uuid
\endif
RETURNING s.run_id, s.name;
