-- metrics/find_names: which of these names count as themselves in the metrics of an agent.
--
-- params   agent_names  text[]  the agents
-- params   kinds        text[]  event_type, model or tool, beside the agents
-- params   names        text[]  the names, beside the kinds; (other): whether the kind is full
-- returns  agent_name text, kind text, name text
-- rows     one per name that has a row in metric_names
-- index    metric_names_pkey
-- plan     one index look-up per name
-- try      \set agent_names '{Researcher}' \set kinds '{model}' \set names '{gpt-4o}'

SELECT n.agent_name, n.kind, n.name
  FROM unnest(:'agent_names'::text[], :'kinds'::text[], :'names'::text[])
    AS n (agent_name, kind, name)
  JOIN metric_names AS m
    ON m.agent_name = n.agent_name
   AND m.kind       = n.kind
   AND m.name       = n.name;
