-- migrations/applied: the migrations that this database has. The table is yoyo's own.
--
-- params   none
-- returns  migration_id character varying
-- rows     one per migration that is applied
-- index    none: a table of a few rows
-- plan     sequential scan, sort
-- try      (no parameters)

SELECT m.migration_id
  FROM _yoyo_migration AS m
 ORDER BY m.migration_id;
