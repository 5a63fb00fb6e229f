-- refresh/delete_deltas: delete the folded deltas, after the statements that add them to the metric tables.
--
-- DELETE removes only the deltas in this transaction's snapshot. TRUNCATE would remove them from older
-- snapshots too.
--
-- plan     one pass

DELETE FROM metric_deltas;
