-- citus/nodes: the workers of the cluster, and whether each answers.
--
-- returns  node text, answers boolean
-- rows     one per worker
-- plan     one statement to each worker, over connections that are kept

SELECT w.nodename || ':' || w.nodeport AS node, w.success AS answers
  FROM run_command_on_workers('SELECT 1') AS w
 ORDER BY node;
