-- agents/has_runs: whether an agent has a run left: one of them.
--
-- params   agent_name  text  the agent, locked
-- returns  run_id uuid
-- rows     one; none when no run is left
-- index    runs_agent_name_started_at_idx
-- plan     one index look-up
-- try      \set agent_name Researcher

SELECT r.run_id
  FROM runs AS r
 WHERE r.agent_name = :'agent_name'
 LIMIT 1;
