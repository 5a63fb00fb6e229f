-- migrations/objects: how many tables, views and sequences the database has, except PostgreSQL's and extensions'.
--
-- returns  objects bigint
-- rows     one
-- plan     a pass over pg_class

SELECT count(*) AS objects
  FROM pg_class     AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
   AND n.nspname <> 'information_schema'
   AND n.nspname NOT LIKE 'pg\_%'
   AND NOT EXISTS (SELECT
                     FROM pg_depend AS d
                    WHERE d.objid = c.oid
                      AND d.deptype = 'e');
