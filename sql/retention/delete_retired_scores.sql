-- retention/delete_retired_scores: delete what an agent's retired scores summed up to, because the agent is deleted.
--
-- params   agent_name  text  the agent, locked
-- index    retired_scores_agent_name_idx
-- plan     the agent's rows
-- try      \set agent_name Researcher

DELETE FROM retired_scores AS t
 WHERE t.agent_name = :'agent_name';
