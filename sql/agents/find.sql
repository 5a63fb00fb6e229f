-- agents/find: one agent with the totals of its runs.
--
-- params   agent_name  text  the agent
-- returns  name text, description text, total_runs bigint, total_events bigint, total_cost numeric, avg_cost numeric, created_at timestamp with time zone
-- rows     one; none when the agent is unknown
-- index    agents_pkey, runs_agent_name_created_at_idx
-- plan     index scans on both, until the materialized totals take the place of the second
-- try      \set agent_name Researcher

SELECT a.name,
       a.description,
       count(r.run_id)                         AS total_runs,
       coalesce(sum(r.event_count), 0)::bigint AS total_events,
       coalesce(sum(r.total_cost), 0)          AS total_cost,
       coalesce(avg(r.total_cost), 0)          AS avg_cost,
       a.created_at
  FROM agents AS a
  LEFT JOIN runs AS r
    ON r.agent_name = a.name
 WHERE a.name = :'agent_name'
 GROUP BY a.name;
