-- refresh/status: the leader, the time of the last fold, and how many deltas wait.
--
-- params   row_limit  bigint  count no further
-- returns  leader text, refreshed_at timestamp with time zone, deltas_waiting bigint
-- rows     one; the leader is NULL when the lease has run out
-- plan     two single rows, one pass over the deltas up to the limit
-- try      \set row_limit 100000

SELECT CASE WHEN l.lease_until > now() THEN l.leader END AS leader,
       s.folded_at AS refreshed_at,
       (SELECT count(*)
          FROM (SELECT
                  FROM metric_deltas
                 LIMIT :'row_limit'::bigint) AS d) AS deltas_waiting
  FROM fold_state     AS s
 CROSS JOIN refresh_leader AS l;
