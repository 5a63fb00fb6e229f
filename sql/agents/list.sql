-- agents/list: every agent with its totals, the latest run first.
--
-- returns  name text, description text, total_runs bigint, total_events bigint, total_cost numeric, avg_cost numeric, created_at timestamp with time zone
-- rows     one per agent; agents without a run come last
-- index    runs_agent_name_created_at_idx
-- plan     agent_totals and the deltas; one index look-up per agent for its last run, which is a
--          maximum and cannot be added up

\if :{?distributed}
WITH last_runs AS MATERIALIZED (
    SELECT r.agent_name, max(r.created_at) AS created_at
      FROM runs AS r
     GROUP BY r.agent_name
)
\endif
SELECT a.name,
       a.description,
       coalesce(t.runs, 0)                     AS total_runs,
       coalesce(t.events, 0)                   AS total_events,
       coalesce(t.cost, 0)                     AS total_cost,
       coalesce(t.cost / nullif(t.runs, 0), 0) AS avg_cost,
       a.created_at
  FROM agents AS a
  LEFT JOIN agent_totals_live AS t
    ON t.agent_name = a.name
\if :{?distributed}
  LEFT JOIN last_runs AS l
    ON l.agent_name = a.name
 ORDER BY l.created_at DESC NULLS LAST,
\else
 ORDER BY (SELECT r.created_at
             FROM runs AS r
            WHERE r.agent_name = a.name
            ORDER BY r.created_at DESC, r.run_id DESC
            LIMIT 1) DESC NULLS LAST,
\endif
       a.name;
