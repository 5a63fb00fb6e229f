-- refresh/begin_fold: number a fold; nobody else folds until it ends.
--
-- The first statement of the transaction. Whoever waits for the row fails with 40001 once it is
-- committed: its snapshot still has deltas that are folded now.
--
-- returns  n bigint
-- rows     one
-- index    fold_state_pkey
-- plan     one row

UPDATE fold_state AS s
   SET n         = s.n + 1,
       folded_at = now()
 WHERE s.only_row
RETURNING s.n;
