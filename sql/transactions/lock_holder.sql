-- transactions/lock_holder: the session that holds an advisory lock; any login may take one.
--
-- params   lock_key     bigint  below 2^32
-- returns  pid integer, username name, application_name text, is_same_user boolean
-- rows     one; none where nobody holds the lock
-- plan     two function calls, a hash join of a few rows
-- try      \set lock_key 1734437993

SELECT a.pid,
       a.usename                AS username,
       a.application_name,
       a.usename = current_user AS is_same_user
  FROM pg_locks         AS l
  JOIN pg_stat_activity AS a
    ON a.pid = l.pid
 WHERE l.locktype = 'advisory'
   AND l.granted
   AND l.objsubid      = 1
   AND l.classid       = 0
   AND l.objid::bigint = :'lock_key'::bigint
   AND l.database      = (SELECT d.oid
                            FROM pg_database AS d
                           WHERE d.datname = current_database())
 ORDER BY a.pid
 LIMIT 1;
