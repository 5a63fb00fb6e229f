-- retention/count_scores: how many scores the runs of some days have.
--
-- params   first_day  date  the first day
-- params   next_day   date  the day after the last
-- returns  scores bigint
-- rows     one
-- index    scores_pkey
-- plan     one pass over runs, an index scan for the scores of each
-- try      \set first_day 2026-08-17 \set next_day 2026-08-24

SELECT count(*) AS scores
  FROM runs   AS r
  JOIN scores AS s
    ON s.run_id = r.run_id
 WHERE r.received_on >= :'first_day'::date
   AND r.received_on <  :'next_day'::date;
