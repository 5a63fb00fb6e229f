-- refresh/delete_deltas: remove the deltas that were folded, the last of a fold's changes.
--
-- Only those that the transaction's snapshot has. Never TRUNCATE: older snapshots would lose them.
--
-- plan     one pass

DELETE FROM metric_deltas;
