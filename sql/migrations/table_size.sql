-- migrations/table_size: how many rows a table has, and the bytes that it takes with its partitions and indexes.
--
-- params   relation  identifier  the table
-- params   name      text        the same
-- returns  rows bigint, bytes numeric
-- rows     one
-- plan     a pass over the table
-- try      \set relation runs \set name runs

SELECT c.rows,
       pg_total_relation_size(:'name'::regclass)
       + (SELECT coalesce(sum(pg_total_relation_size(p.relid)), 0)
            FROM pg_partition_tree(:'name'::regclass) AS p
           WHERE p.relid <> :'name'::regclass) AS bytes
  FROM (SELECT count(*) AS rows
          FROM :"relation") AS c;
