-- tail/horizon: the oldest transaction still in progress, and the next transaction id.
--
-- No further event can appear below `horizon` (the snapshot's xmin). It is the oldest transaction of any
-- database of the server that has written and not ended. On Citus a transaction ends here before its
-- workers commit; until they have, it holds the lock of tail/hold_back.
--
-- returns  horizon bigint, next bigint
-- rows     one
-- plan     a look at the snapshot

\if :{?distributed}
SELECT least(pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
             (SELECT min(-(l.classid::bigint << 32 | l.objid::bigint))
                FROM pg_locks AS l
                JOIN pg_database AS d
                  ON d.oid = l.database
               WHERE d.datname  = current_database()
                 AND l.locktype = 'advisory'
                 AND l.objsubid = 1
                 AND l.classid::bigint > 2147483647)) AS horizon,
\else
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon,
\endif
       pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next;
