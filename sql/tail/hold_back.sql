-- tail/hold_back: on Citus, keep tail/horizon below this transaction until every worker has committed it.
--
-- Locks are released last, after the commits of the workers. The key is the transaction id, negated: no
-- other lock of the service has a negative key.
--
-- returns  pg_advisory_xact_lock_shared void
-- rows     one
-- plan     a function call that never waits

SELECT pg_advisory_xact_lock_shared(-pg_current_xact_id()::text::bigint);
