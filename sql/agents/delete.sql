-- agents/delete: remove an agent that has no run left.
--
-- params   agent_name  text  the agent, locked
-- returns  nothing
-- rows     none; an agent that still has runs is an error (runs_agent_name_fkey)
-- index    agents_pkey
-- plan     one index look-up; the foreign key looks into runs_agent_name_run_name_key
-- try      \set agent_name Researcher

DELETE FROM agents AS a
 WHERE a.name = :'agent_name';
