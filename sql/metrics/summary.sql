-- metrics/summary: what all agents did, in one row.
--
-- returns  total_agents bigint, total_runs bigint, total_events bigint, total_cost numeric, avg_cost_per_run numeric, avg_tokens_in_per_run numeric, avg_tokens_out_per_run numeric, total_tokens_in numeric, total_tokens_out numeric, total_duration_hours numeric
-- rows     one
-- index    daily_rollups_pkey or daily_rollups_dimension_day_idx
-- plan     the days of daily_rollups and the deltas: of 30,000 agents their totals take 30 times as long; the agents are counted

SELECT (SELECT count(*)
          FROM agents)                                             AS total_agents,
       coalesce(sum(t.runs), 0)::bigint                            AS total_runs,
       coalesce(sum(t.events), 0)::bigint                          AS total_events,
       coalesce(sum(t.cost), 0)                                    AS total_cost,
       coalesce(sum(t.cost)       / nullif(sum(t.runs), 0), 0)     AS avg_cost_per_run,
       coalesce(sum(t.tokens_in)  / nullif(sum(t.runs), 0), 0)     AS avg_tokens_in_per_run,
       coalesce(sum(t.tokens_out) / nullif(sum(t.runs), 0), 0)     AS avg_tokens_out_per_run,
       coalesce(sum(t.tokens_in), 0)                               AS total_tokens_in,
       coalesce(sum(t.tokens_out), 0)                              AS total_tokens_out,
       coalesce(sum(t.duration_us), 0) / 3600000000                AS total_duration_hours
  FROM daily_totals_live AS t;
