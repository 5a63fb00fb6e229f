-- health/connections: the server's connections, and how many it lets in that are no superuser's.
--
-- returns  used bigint, available integer
-- rows     one
-- plan     statistics in memory, one row per database

SELECT coalesce(sum(d.numbackends), 0)::bigint                      AS used,
       current_setting('max_connections')::integer
       - current_setting('superuser_reserved_connections')::integer
       - coalesce(current_setting('reserved_connections', true)::integer, 0) AS available
  FROM pg_stat_database AS d;
