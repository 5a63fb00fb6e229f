-- refresh/waiting: how many deltas wait, and the age of the last fold.
--
-- params   row_limit  bigint  count no further
-- returns  waiting bigint, age_seconds numeric
-- rows     one; the age is below 0 where PostgreSQL's clock was set back since
-- plan     one pass, up to the limit
-- try      \set row_limit 50000

SELECT (SELECT count(*)
          FROM (SELECT
                  FROM metric_deltas
                 LIMIT :'row_limit'::bigint) AS d) AS waiting,
       extract(epoch FROM now() - s.folded_at)     AS age_seconds
  FROM fold_state AS s;
