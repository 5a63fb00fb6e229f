-- retention/delete_retired: remove what retired runs of an agent counted for: the agent is deleted.
--
-- params   agent_name  text  the agent, locked; its deltas are appended before
-- index    retired_metrics_agent_name_idx
-- plan     the agent's rows
-- try      \set agent_name Researcher

DELETE FROM retired_metrics AS t
 WHERE t.agent_name = :'agent_name';
