-- How many shards the runs have.
SELECT count(*)
  FROM pg_dist_shard AS s
 WHERE s.logicalrelid = 'runs'::regclass;
