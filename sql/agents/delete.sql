-- agents/delete: remove an agent that has no run left (agents/has_runs).
--
-- params   agent_name  text  the agent, locked
-- index    agents_pkey
-- plan     one index look-up; the foreign key looks for runs
-- try      \set agent_name Researcher

DELETE FROM agents AS a
 WHERE a.name = :'agent_name';
