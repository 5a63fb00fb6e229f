-- refresh/begin_fold: number a fold and lock out other folds until it ends.
--
-- The first statement of the transaction. A second fold waits for the row and then fails with 40001,
-- because its snapshot still has the deltas that are folded now.
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
