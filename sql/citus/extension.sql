-- citus/extension: the version of Citus in this database.
--
-- params   none
-- returns  version text
-- rows     one; none where it is missing
-- index    none
-- plan     a look at the extensions
-- try      (no parameters)

SELECT e.extversion AS version
  FROM pg_extension AS e
 WHERE e.extname = 'citus';
