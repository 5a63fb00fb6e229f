-- migrations/applied: the migrations that this database has. The table is yoyo's own.
--
-- returns  migration_id character varying
-- rows     one per migration that is applied
-- plan     sequential scan, sort

SELECT m.migration_id
  FROM _yoyo_migration AS m
 ORDER BY m.migration_id;
