-- agents/locked: which of these agents exist, and which transactions of others hold them, without waiting for any.
--
-- Asked after a lock timeout, in a transaction of its own that is rolled back: the agents that nobody holds are locked
-- for a moment.
--
-- params   names  text[]  agent names
-- returns  name text, held_by text
-- rows     one per agent that exists; held_by is NULL where nobody holds it
-- index    agents_pkey
-- plan     index scan, lock rows; index scan, a hashed subplan
-- try      \set names '{"research agent",Researcher}'

WITH free AS MATERIALIZED (
    SELECT a.name
      FROM agents AS a
     WHERE a.name = ANY (:'names'::text[])
       FOR NO KEY UPDATE SKIP LOCKED
)
SELECT a.name, CASE WHEN a.name NOT IN (SELECT f.name FROM free AS f) THEN a.xmax::text END AS held_by
  FROM agents AS a
 WHERE a.name = ANY (:'names'::text[])
 ORDER BY a.name;
