-- verify/stop_writing: let nobody store or delete until the transaction ends.
--
-- For a rebuild on Citus, which has no snapshot across nodes: it waits until what is in flight has been
-- committed by every worker, since locks are let go of last. LOCK itself takes no snapshot.
--
-- plan     waits for whoever writes; readers are not disturbed

LOCK TABLE runs IN SHARE MODE;
