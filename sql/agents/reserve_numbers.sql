-- agents/reserve_numbers: reserve the next numbers of `run N` of agents, for new runs.
--
-- In a short transaction of its own, so that no other transaction waits for the agent's row while events
-- are stored. Unused numbers leave a gap.
--
-- params   names   text[]    agent names, sorted
-- params   counts  bigint[]  how many numbers each needs, beside the names
-- returns  name text, last_number bigint
-- rows     one per agent that exists
-- index    agents_pkey
-- plan     rows locked in name order, then one look-up per name
-- try      \set names '{Researcher}' \set counts '{2}'

WITH locked AS MATERIALIZED (
    SELECT a.name
      FROM agents AS a
     WHERE a.name = ANY (:'names'::text[])
     ORDER BY a.name
       FOR NO KEY UPDATE
)
UPDATE agents AS a
   SET run_counter = a.run_counter + c.count,
       updated_at  = now()
  FROM unnest(:'names'::text[], :'counts'::bigint[]) AS c (name, count)
  JOIN locked AS l
    ON l.name = c.name
 WHERE a.name = c.name
RETURNING a.name, a.run_counter AS last_number;
