-- refresh/hold_folds: block folds until this transaction ends.
--
-- Every transaction that deletes deltas or metrics locks this row first. Appending deltas needs no lock.
--
-- returns  n bigint
-- rows     one
-- index    fold_state_pkey
-- plan     one row

SELECT s.n
  FROM fold_state AS s
 WHERE s.only_row
   FOR NO KEY UPDATE;
