-- scores/of_run: the newest scores of a run, and how many it has in all.
--
-- params   run_id     uuid    the run
-- params   row_limit  bigint  rows at most
-- returns  run_id uuid, score_id text, event_id uuid, name text, kind text, value jsonb, comment text, metadata jsonb, source text, timestamp timestamp with time zone, created_at timestamp with time zone, updated_at timestamp with time zone, found bigint
-- rows     up to row_limit, the newest first; `found` on each is how many there are
-- index    scores_pkey
-- plan     index scan, sort in memory
-- try      \set run_id 8552f8ec-923d-432c-9bc4-802c92078534 \set row_limit 100

SELECT d.run_id, d.score_id, d.event_id, d.name, d.kind, d.value, d.comment, d.metadata, d.source,
       d.timestamp, d.created_at, d.updated_at, count(*) OVER () AS found
  FROM score_details AS d
 WHERE d.run_id = :'run_id'::uuid
 ORDER BY d.timestamp DESC, d.score_id DESC
 LIMIT :'row_limit'::bigint;
