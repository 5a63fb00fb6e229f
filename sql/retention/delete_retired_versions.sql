-- retention/delete_retired_versions: delete what an agent's retired runs add up to by version, because the agent is deleted.
--
-- params   agent_name  text  the agent, locked
-- index    retired_versions_agent_name_idx
-- plan     the agent's rows
-- try      \set agent_name Researcher

DELETE FROM retired_versions AS t
 WHERE t.agent_name = :'agent_name';
