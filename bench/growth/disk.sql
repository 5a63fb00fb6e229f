-- growth/disk: the bytes of all tables and materialized views with their indexes and TOAST, and of
-- events alone.
SELECT sum(pg_total_relation_size(c.oid)),
       sum(pg_total_relation_size(c.oid))
           FILTER (WHERE c.oid IN (SELECT t.relid FROM pg_partition_tree('events') AS t))
  FROM pg_class AS c
 WHERE c.relkind IN ('r', 'm')
   AND c.relnamespace = 'public'::regnamespace;
