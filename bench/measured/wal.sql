-- measured/wal: how many bytes of WAL the server has written since it was made.
SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0');
