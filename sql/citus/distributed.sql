-- citus/distributed: how many shards the tables have that are distributed.
--
-- returns  relation text, shards bigint
-- rows     one per distributed table; partitions are not among them
-- plan     a pass over Citus's own tables

SELECT d.logicalrelid::text AS relation,
       count(*)             AS shards
  FROM pg_dist_partition AS d
  JOIN pg_dist_shard     AS s
    ON s.logicalrelid = d.logicalrelid
  JOIN pg_class          AS c
    ON c.oid = d.logicalrelid
 WHERE NOT c.relispartition
 GROUP BY d.logicalrelid
 ORDER BY relation;
