-- replicas/written: the WAL insert position, which follows every commit so far.
--
-- The insert and not the flush position, so that it also follows asynchronous commits.
--
-- returns  lsn text
-- rows     one; an error on a replica
-- plan     a function call

SELECT pg_current_wal_insert_lsn()::text AS lsn;
