-- agents/delete: remove an agent that has no run left.
--
-- params   agent_name  text  the agent, locked
-- returns  name text
-- rows     one; none when the agent still has runs
-- index    agents_pkey
-- plan     one index look-up each; the foreign key looks once more
-- try      \set agent_name Researcher

DELETE FROM agents AS a
 WHERE a.name = :'agent_name'
   AND NOT EXISTS (SELECT FROM runs AS r WHERE r.agent_name = a.name)
RETURNING a.name;
