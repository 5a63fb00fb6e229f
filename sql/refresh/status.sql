-- refresh/status: the leader, the time of the last fold, the error since, and how many deltas wait.
--
-- params   row_limit  bigint  count no further
-- returns  leader text, refreshed_at timestamp with time zone, failure text, deltas_waiting bigint
-- rows     one; leader is NULL once the lease has run out, failure if no fold failed since the last one, or none is due
--
-- Where PostgreSQL's clock was set back, a fold of before lies ahead of it until the next one, and so does a failure of before.
--
-- plan     two single rows, one pass over the deltas up to the limit
-- try      \set row_limit 100000

SELECT CASE WHEN l.lease_until > now() THEN l.leader END AS leader,
       s.folded_at                                 AS refreshed_at,
       CASE WHEN l.failed_at <= now()
             AND (l.failed_at > s.folded_at OR s.folded_at > now())
             AND d.n > 0
            THEN l.failure
       END                                         AS failure,
       d.n                                         AS deltas_waiting
  FROM fold_state     AS s
 CROSS JOIN refresh_leader AS l
 CROSS JOIN (SELECT count(*) AS n
               FROM (SELECT
                       FROM metric_deltas
                      LIMIT :'row_limit'::bigint) AS w) AS d;
