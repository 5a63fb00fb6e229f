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
-- plan     one look-up per name, sort, lock rows; then one look-up per row
-- try      \set names '{Researcher}' \set counts '{2}'

WITH locked AS MATERIALIZED (
    SELECT a.name, c.count
      FROM unnest(:'names'::text[], :'counts'::bigint[]) AS c (name, count)
      JOIN agents AS a
        ON a.name = c.name
     ORDER BY a.name
       FOR NO KEY UPDATE OF a
)
UPDATE agents AS a
   SET run_counter = a.run_counter + l.count,
       updated_at  = now()
  FROM locked AS l
 WHERE a.name = l.name
RETURNING a.name, a.run_counter AS last_number;
