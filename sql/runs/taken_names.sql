-- runs/taken_names: which of these (agent, run name) pairs are in use.
--
-- params   agent_names  text[]  agents, locked
-- params   run_names    text[]  names, beside the agents
-- returns  agent_name text, run_name text
-- rows     one per pair in use
-- index    runs_agent_name_run_name_key
-- plan     one index look-up per pair
-- try      \set agent_names '{Researcher}' \set run_names '{"run 1"}'

SELECT r.agent_name, r.run_name
  FROM unnest(:'agent_names'::text[], :'run_names'::text[]) AS n (agent_name, run_name)
  JOIN runs AS r
    ON r.agent_name = n.agent_name
   AND r.run_name   = n.run_name;
