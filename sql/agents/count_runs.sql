-- agents/count_runs: note the last N of `run N` that each agent has given.
--
-- params   names     text[]    agent names, locked
-- params   counters  bigint[]  their new counters, beside the names
-- index    agents_pkey
-- plan     one index look-up per name
-- try      \set names '{Researcher}' \set counters '{3}'

UPDATE agents AS a
   SET run_counter = greatest(a.run_counter, c.run_counter),
       updated_at  = now()
  FROM unnest(:'names'::text[], :'counters'::bigint[]) AS c (name, run_counter)
 WHERE a.name = c.name;
