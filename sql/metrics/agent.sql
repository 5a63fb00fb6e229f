-- metrics/agent: what one agent did.
--
-- params   agent_name  text  the agent
-- returns  agent_name text, total_runs bigint, total_events bigint, total_cost numeric, avg_cost_per_run numeric, avg_tokens_in numeric, avg_tokens_out numeric, avg_duration_ms numeric, total_tokens_in numeric, total_tokens_out numeric, total_duration_ms numeric
-- rows     one; none when the agent is unknown
-- index    agents_pkey, agent_totals_key
-- plan     two index look-ups, and the agent's deltas
-- try      \set agent_name Researcher

SELECT a.name                                                    AS agent_name,
       coalesce(t.runs, 0)                                       AS total_runs,
       coalesce(t.events, 0)                                     AS total_events,
       coalesce(t.cost, 0)                                       AS total_cost,
       coalesce(t.cost        / nullif(t.runs, 0), 0)            AS avg_cost_per_run,
       coalesce(t.tokens_in   / nullif(t.runs, 0), 0)            AS avg_tokens_in,
       coalesce(t.tokens_out  / nullif(t.runs, 0), 0)            AS avg_tokens_out,
       coalesce(t.duration_us / nullif(t.runs, 0), 0) / 1000     AS avg_duration_ms,
       coalesce(t.tokens_in, 0)                                  AS total_tokens_in,
       coalesce(t.tokens_out, 0)                                 AS total_tokens_out,
       coalesce(t.duration_us, 0) / 1000                         AS total_duration_ms
  FROM agents AS a
  LEFT JOIN agent_totals_live AS t
    ON t.agent_name = :'agent_name'
 WHERE a.name = :'agent_name';
