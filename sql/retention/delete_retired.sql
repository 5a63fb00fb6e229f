-- retention/delete_retired: delete the metrics of an agent's retired runs, because the agent is deleted.
--
-- params   agent_name  text  the agent, locked; its deltas are appended before
-- index    retired_metrics_agent_name_idx
-- plan     the agent's rows
-- try      \set agent_name Researcher

DELETE FROM retired_metrics AS t
 WHERE t.agent_name = :'agent_name';
