-- metrics/top_agents: the agents that are among the first by cost or by runs.
--
-- params   row_limit  bigint  agents of each kind
-- returns  agent_name text, cost numeric, runs bigint, cost_rank bigint, runs_rank bigint
-- rows     up to row_limit of each kind; an agent may be both
-- plan     agent_totals and the deltas, two sorts
-- try      \set row_limit 5

WITH ranked AS (
    SELECT t.agent_name, t.cost, t.runs,
           row_number() OVER (ORDER BY t.cost DESC, t.agent_name) AS cost_rank,
           row_number() OVER (ORDER BY t.runs DESC, t.agent_name) AS runs_rank
      FROM agent_totals_live AS t
     WHERE t.runs > 0
)
SELECT r.agent_name, r.cost, r.runs, r.cost_rank, r.runs_rank
  FROM ranked AS r
 WHERE r.cost_rank <= :'row_limit'::bigint
    OR r.runs_rank <= :'row_limit'::bigint
 ORDER BY r.cost_rank;
