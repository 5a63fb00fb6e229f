-- transactions/locked_tables: whether others hold, or wait for, a lock of a whole table that events are written to.
--
-- Asked after a lock timeout. Writes wait also behind a lock that is waited for.
--
-- returns  is_locked boolean
-- rows     one
-- plan     a function scan of the locks, a look-up for each of a table

SELECT EXISTS (SELECT
                 FROM pg_locks AS l
                 JOIN pg_class AS c
                   ON c.oid = l.relation
                WHERE l.locktype = 'relation'
                  AND l.pid     <> pg_backend_pid()
                  AND l.database = (SELECT d.oid
                                      FROM pg_database AS d
                                     WHERE d.datname = current_database())
                  AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
                  AND c.relkind IN ('r', 'p')
                  AND (c.relname IN ('agents', 'runs', 'events', 'metric_deltas', 'metric_names')
                       OR c.relispartition)) AS is_locked;
