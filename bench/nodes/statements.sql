-- How many statements this database has run since it was made, as pg_stat_statements counts them.
SELECT coalesce(sum(s.calls), 0)
  FROM pg_stat_statements AS s
  JOIN pg_database        AS d
    ON d.oid = s.dbid
 WHERE d.datname = current_database();
