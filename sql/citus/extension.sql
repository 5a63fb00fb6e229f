-- citus/extension: the version of Citus in this database.
--
-- returns  version text
-- rows     one; none where it is missing
-- plan     a pass over pg_extension

SELECT e.extversion AS version
  FROM pg_extension AS e
 WHERE e.extname = 'citus';
