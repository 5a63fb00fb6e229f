-- agents/add: create the agents that do not exist yet, in name order.
--
-- params   names  text[]  agent names, sorted
-- index    agents_pkey
-- plan     one index look-up per name
-- try      \set names '{"research agent",Researcher}'

INSERT INTO agents (name)
SELECT n.name
  FROM unnest(:'names'::text[]) AS n (name)
    ON CONFLICT (name) DO NOTHING;
