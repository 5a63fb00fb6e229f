-- replicas/has_replayed: whether a read that begins now sees everything before a WAL position (LSN).
--
-- In a transaction of its own, because an earlier snapshot would miss rows. The primary has everything.
--
-- params   lsn  pg_lsn  the place, such as 0/15E8D40
-- returns  has_replayed boolean
-- rows     one
-- plan     function calls
-- try      \set lsn 0/15E8D40

SELECT NOT pg_is_in_recovery()
       OR coalesce(pg_last_wal_replay_lsn() >= :'lsn'::pg_lsn, false) AS has_replayed;
