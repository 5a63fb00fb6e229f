-- agents/exists: whether there is an agent, without a lock.
--
-- params   agent_name  text  the agent
-- returns  name text
-- rows     one; none when the agent is unknown
-- index    agents_pkey
-- plan     one index look-up
-- try      \set agent_name Researcher

SELECT a.name
  FROM agents AS a
 WHERE a.name = :'agent_name';
