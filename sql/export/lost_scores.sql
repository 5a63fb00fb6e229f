-- export/lost_scores: scores whose runs are not there, by their keys; a statement reads one slice of all scores.
--
-- params   after_run_id    uuid    optional: the run of the last row of the slice before
-- params   after_score_id  text    its id, with after_run_id
-- params   slice           bigint  scores to read at most
-- returns  run_id uuid, score_id text, event_id uuid, name text, kind text, value jsonb, comment text, metadata jsonb, source text, timestamp timestamp with time zone, created_at timestamp with time zone, updated_at timestamp with time zone, is_lost boolean, is_end boolean
-- rows     one per score that is_lost; and the last of a full slice, which is_end
-- index    scores_pkey, runs_pkey
-- plan     index scan from the given score on, a look-up of the run of each
-- try      \set after_run_id 8552f8ec-923d-432c-9bc4-802c92078534 \set after_score_id accuracy-1 \set slice 10000

WITH slice AS MATERIALIZED (
    SELECT s.run_id, s.score_id, r.run_id IS NULL AS is_lost
      FROM scores AS s
      LEFT JOIN runs AS r
        ON r.run_id = s.run_id
\if :{?after_run_id}
     WHERE (s.run_id, s.score_id) > (:'after_run_id'::uuid, :'after_score_id'::text)
\endif
     ORDER BY s.run_id, s.score_id
     LIMIT :'slice'::bigint
), numbered AS (
    SELECT l.run_id, l.score_id, l.is_lost,
           row_number() OVER (ORDER BY l.run_id, l.score_id) = :'slice'::bigint AS is_end
      FROM slice AS l
)
SELECT d.run_id, d.score_id, d.event_id, d.name, d.kind, d.value, d.comment, d.metadata, d.source,
       d.timestamp, d.created_at, d.updated_at, n.is_lost, n.is_end
  FROM numbered      AS n
  JOIN score_details AS d
    ON d.run_id   = n.run_id
   AND d.score_id = n.score_id
 WHERE n.is_lost OR n.is_end
 ORDER BY d.run_id, d.score_id;
