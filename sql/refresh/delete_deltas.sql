-- refresh/delete_deltas: delete the folded deltas, the last change of a fold.
--
-- Only the deltas of the transaction's snapshot. Never TRUNCATE: older snapshots would lose deltas.
--
-- plan     one pass

DELETE FROM metric_deltas;
