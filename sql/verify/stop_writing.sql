-- verify/stop_writing: block storing and deleting until the transaction ends.
--
-- For a rebuild on Citus, which has no snapshot across nodes: it waits until what is in flight has been
-- committed by every worker, since locks are let go of last. LOCK itself takes no snapshot.
--
-- plan     waits for writers; does not block readers

LOCK TABLE runs IN SHARE MODE;
