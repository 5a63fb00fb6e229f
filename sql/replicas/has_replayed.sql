-- replicas/has_replayed: whether a read that begins now sees all that lies before a place of the log.
--
-- In a transaction of its own: a snapshot that was taken before would not. The primary has all there is.
--
-- params   lsn  pg_lsn  the place, such as 0/15E8D40
-- returns  has_replayed boolean
-- rows     one
-- plan     function calls
-- try      \set lsn 0/15E8D40

SELECT NOT pg_is_in_recovery()
       OR coalesce(pg_last_wal_replay_lsn() >= :'lsn'::pg_lsn, false) AS has_replayed;
