-- Where the workers of a Citus cluster are; no row without one.
SELECT n.nodename, n.nodeport
  FROM pg_dist_node AS n
 WHERE n.groupid > 0
   AND n.noderole = 'primary'
 ORDER BY n.nodeid;
