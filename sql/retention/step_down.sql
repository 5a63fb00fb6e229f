-- retention/step_down: release retention/lead before the session ends.
--
-- params   lock_key  bigint  of the advisory lock
-- returns  pg_advisory_unlock boolean
-- rows     one
-- plan     a function call
-- try      \set lock_key 7

SELECT pg_advisory_unlock(:'lock_key'::bigint);
