-- metrics/agents: all agents with their totals, the highest cost first.
--
-- An agent without a run is not among them.
--
-- returns  agent_name text, runs bigint, cost numeric, avg_cost_per_run numeric, total_tokens numeric
-- rows     one per agent that has runs
-- plan     agent_totals and the deltas

SELECT t.agent_name, t.runs, t.cost,
       t.cost / t.runs           AS avg_cost_per_run,
       t.tokens_in + t.tokens_out AS total_tokens
  FROM agent_totals_live AS t
 WHERE t.runs > 0
 ORDER BY t.cost DESC, t.agent_name;
