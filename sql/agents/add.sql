-- agents/add: make the agents that are not there yet, in name order.
--
-- params   names  text[]  agent names, sorted
-- returns  nothing
-- rows     none; names that are there already are left as they are
-- index    agents_pkey
-- plan     one index look-up per name
-- try      \set names '{"research agent",Researcher}'

INSERT INTO agents (name)
SELECT n.name
  FROM unnest(:'names'::text[]) AS n (name)
    ON CONFLICT (name) DO NOTHING;
