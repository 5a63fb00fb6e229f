-- agents/find: one agent with its totals.
--
-- params   agent_name  text  the agent
-- returns  name text, description text, total_runs bigint, total_events bigint, total_cost numeric, avg_cost numeric, created_at timestamp with time zone
-- rows     one; none when the agent is unknown
-- index    agents_pkey, agent_totals_key
-- plan     two index look-ups, and the agent's deltas
-- try      \set agent_name Researcher

SELECT a.name,
       a.description,
       coalesce(t.runs, 0)                     AS total_runs,
       coalesce(t.events, 0)                   AS total_events,
       coalesce(t.cost, 0)                     AS total_cost,
       coalesce(t.cost / nullif(t.runs, 0), 0) AS avg_cost,
       a.created_at
  FROM agents AS a
  LEFT JOIN agent_totals_live AS t
    ON t.agent_name = :'agent_name'
 WHERE a.name = :'agent_name';
