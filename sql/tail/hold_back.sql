-- tail/hold_back: on Citus, keep tail/horizon below this transaction until every worker has committed it.
--
-- Locks are let go of last, behind the commits of the workers. The key is the number of the transaction,
-- below 0, where no other lock of the service is.
--
-- returns  pg_advisory_xact_lock_shared void
-- rows     one
-- plan     a function call that never waits

SELECT pg_advisory_xact_lock_shared(-pg_current_xact_id()::text::bigint);
