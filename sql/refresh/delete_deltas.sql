-- refresh/delete_deltas: remove the deltas that were folded, the last of a fold's changes.
--
-- Only those that the transaction's snapshot has. Never TRUNCATE: older snapshots would lose them.
--
-- params   none
-- returns  nothing
-- rows     none
-- index    none
-- plan     one pass
-- try      (no parameters)

DELETE FROM metric_deltas;
