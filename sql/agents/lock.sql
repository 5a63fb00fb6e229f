-- agents/lock: lock the agents under which runs are about to be named, in name order.
--
-- params   names  text[]  agent names
-- returns  name text, run_counter bigint
-- rows     one per agent that exists; fewer than names when one was deleted meanwhile
-- index    agents_pkey
-- plan     index scan, sort, lock rows
-- try      \set names '{"research agent",Researcher}'

SELECT a.name, a.run_counter
  FROM agents AS a
 WHERE a.name = ANY (:'names'::text[])
 ORDER BY a.name
   FOR NO KEY UPDATE;
