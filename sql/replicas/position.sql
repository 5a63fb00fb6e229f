-- replicas/position: a server's WAL position: flushed on a primary, replayed on a replica.
--
-- returns  position numeric
-- rows     one; bytes since the log began
-- plan     function calls

SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
            ELSE pg_current_wal_flush_lsn()
       END - '0/0'::pg_lsn AS position;
