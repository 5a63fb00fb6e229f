-- migrations/lock: take the lock of migrations, where no other session holds it; held until the session ends.
--
-- params   lock_key  bigint  a number that nothing else in the database locks
-- returns  is_ours boolean
-- rows     one
-- plan     a function call
-- try      \set lock_key 1734437993

SELECT pg_try_advisory_lock(:'lock_key'::bigint) AS is_ours;
