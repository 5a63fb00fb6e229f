-- replicas/written: up to where the log is written, so that what is committed by now lies before it.
--
-- Where it is inserted to, not flushed: a commit that waits for no disk lies before that as well.
--
-- returns  lsn text
-- rows     one; an error on a replica
-- plan     a function call

SELECT pg_current_wal_insert_lsn()::text AS lsn;
