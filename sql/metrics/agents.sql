-- metrics/agents: all agents with their totals, the highest cost first.
--
-- An agent without a run is not among them.
--
-- params   row_limit   bigint   rows at most
-- params   after_name  text     optional: the agent after which the page begins
-- params   after_cost  numeric  its cost, with after_name
-- returns  agent_name text, runs bigint, cost numeric, avg_cost_per_run numeric, total_tokens numeric, exact_cost text
-- rows     up to row_limit
-- plan     agent_totals and the deltas
-- try      \set row_limit 1000 \set after_name Researcher \set after_cost 0.25

SELECT t.agent_name, t.runs, t.cost,
       t.cost / t.runs           AS avg_cost_per_run,
       t.tokens_in + t.tokens_out AS total_tokens,
       t.cost::text              AS exact_cost
  FROM agent_totals_live AS t
 WHERE t.runs > 0
\if :{?after_name}
   AND (t.cost < :'after_cost'::numeric
        OR t.cost = :'after_cost'::numeric AND t.agent_name > :'after_name')
\endif
 ORDER BY t.cost DESC, t.agent_name
 LIMIT :'row_limit'::bigint;
