-- migrations/lock: wait until no other process migrates this database; held until the session ends.
--
-- params   lock_key  bigint  a number that nothing else in the database locks
-- returns  pg_advisory_lock void
-- rows     one
-- plan     a function call that waits
-- try      \set lock_key 1734437993

SELECT pg_advisory_lock(:'lock_key'::bigint);
