-- agents/lock_for_delete: lock an agent so that no run is named under it meanwhile.
--
-- params   agent_name  text  the agent
-- returns  name text
-- rows     one; none when the agent is unknown
-- index    agents_pkey
-- plan     one index look-up, lock row
-- try      \set agent_name Researcher

SELECT a.name
  FROM agents AS a
 WHERE a.name = :'agent_name'
   FOR UPDATE;
