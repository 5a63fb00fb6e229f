-- refresh/hold_folds: let no fold happen until this transaction ends.
--
-- Whatever removes deltas or metrics holds this row first; to append deltas nobody needs it.
--
-- returns  n bigint
-- rows     one
-- index    fold_state_pkey
-- plan     one row

SELECT s.n
  FROM fold_state AS s
 WHERE s.only_row
   FOR NO KEY UPDATE;
