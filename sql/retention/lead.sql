-- retention/lead: take the lock of the one process that drops partitions, until the session ends.
--
-- params   lock_key  bigint  a number that nothing else in the database locks
-- returns  is_ours boolean
-- rows     one; false: another process removes just now
-- plan     a function call that does not wait
-- try      \set lock_key 1919251566

SELECT pg_try_advisory_lock(:'lock_key'::bigint) AS is_ours;
