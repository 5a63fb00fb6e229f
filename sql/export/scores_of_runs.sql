-- export/scores_of_runs: the scores of some runs by their keys, a page at a time.
--
-- params   run_ids         uuid[]  the runs
-- params   after_run_id    uuid    optional: the run of the last score of the page before
-- params   after_score_id  text    its id, with after_run_id
-- params   row_limit       bigint  rows at most
-- returns  run_id uuid, score_id text, event_id uuid, name text, kind text, value jsonb, comment text, metadata jsonb, source text, timestamp timestamp with time zone, created_at timestamp with time zone, updated_at timestamp with time zone
-- rows     up to row_limit
-- index    scores_pkey
-- plan     index scan, at most the scores of the runs sorted
-- try      \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}' \set after_run_id 8552f8ec-923d-432c-9bc4-802c92078534 \set after_score_id accuracy-1 \set row_limit 500

SELECT d.run_id, d.score_id, d.event_id, d.name, d.kind, d.value, d.comment, d.metadata, d.source,
       d.timestamp, d.created_at, d.updated_at
  FROM score_details AS d
 WHERE d.run_id = ANY (:'run_ids'::uuid[])
\if :{?after_run_id}
   AND (d.run_id, d.score_id) > (:'after_run_id'::uuid, :'after_score_id'::text)
\endif
 ORDER BY d.run_id, d.score_id
 LIMIT :'row_limit'::bigint;
