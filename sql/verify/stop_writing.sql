-- verify/stop_writing: let nobody store or delete until the transaction ends.
--
-- For a rebuild on Citus, which has no snapshot across nodes: it waits until what is in flight has been
-- committed by every worker, since locks are let go of last. LOCK itself takes no snapshot.
--
-- params   none
-- returns  nothing
-- rows     none
-- index    none
-- plan     none: waits for whoever writes; readers are not disturbed
-- try      (no parameters)

LOCK TABLE runs IN SHARE MODE;
