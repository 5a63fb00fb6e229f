-- agents/exists: whether there is an agent, without a lock, and the present time.
--
-- params   agent_name  text  the agent
-- returns  name text, asked_at timestamp with time zone
-- rows     one; none when the agent is unknown
-- index    agents_pkey
-- plan     one index look-up
-- try      \set agent_name Researcher

SELECT a.name, now() AS asked_at
  FROM agents AS a
 WHERE a.name = :'agent_name';
