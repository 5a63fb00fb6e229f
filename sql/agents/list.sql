-- agents/list: every agent with the totals of its runs, the latest run first.
--
-- params   none
-- returns  name text, description text, total_runs bigint, total_events bigint, total_cost numeric, avg_cost numeric, created_at timestamp with time zone
-- rows     one per agent; agents without a run come last
-- index    none: reads all runs, until the materialized totals take its place
-- plan     one pass over runs, hash aggregate, hash join
-- try      (no parameters)

WITH totals AS (
    SELECT r.agent_name,
           count(*)                  AS total_runs,
           sum(r.event_count)::bigint AS total_events,
           sum(r.total_cost)         AS total_cost,
           max(r.created_at)         AS last_run_at
      FROM runs AS r
     GROUP BY r.agent_name
)
SELECT a.name,
       a.description,
       coalesce(t.total_runs, 0)                   AS total_runs,
       coalesce(t.total_events, 0)                 AS total_events,
       coalesce(t.total_cost, 0)                   AS total_cost,
       coalesce(t.total_cost / t.total_runs, 0)    AS avg_cost,
       a.created_at
  FROM agents AS a
  LEFT JOIN totals AS t
    ON t.agent_name = a.name
 ORDER BY t.last_run_at DESC NULLS LAST, a.name;
