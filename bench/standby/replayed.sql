-- standby/replayed: up to which byte of WAL this replica has replayed, counted as measured/wal does.
SELECT pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0');
