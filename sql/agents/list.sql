-- agents/list: agents with their totals, the latest run first.
--
-- params   row_limit   bigint       rows at most
-- params   after_name  text         optional: the agent after which the page begins
-- params   after_at    timestamptz  its last_run_at, with after_name; null for an agent without a run
-- returns  name text, description text, total_runs bigint, total_events bigint, total_cost numeric, avg_cost numeric, created_at timestamp with time zone, last_run_at timestamp with time zone
-- rows     up to row_limit; agents without a run come last
-- index    runs_agent_name_started_at_idx
-- plan     agent_totals and the deltas; one index look-up per agent for its last run, which is a
--          maximum and cannot be added up
-- try      \set row_limit 1000 \set after_name Researcher \set after_at '2026-11-22 23:59:00+00'

WITH listed AS (
    SELECT a.name, a.description, a.created_at,
\if :{?distributed}
           l.started_at AS last_run_at
      FROM agents AS a
      LEFT JOIN (SELECT r.agent_name, max(r.started_at) AS started_at
                   FROM runs AS r
                  GROUP BY r.agent_name) AS l
        ON l.agent_name = a.name
\else
           (SELECT r.started_at
              FROM runs AS r
             WHERE r.agent_name = a.name
             ORDER BY r.started_at DESC, r.run_id DESC
             LIMIT 1) AS last_run_at
      FROM agents AS a
\endif
)
SELECT l.name,
       l.description,
       coalesce(t.runs, 0)                     AS total_runs,
       coalesce(t.events, 0)                   AS total_events,
       coalesce(t.cost, 0)                     AS total_cost,
       coalesce(t.cost / nullif(t.runs, 0), 0) AS avg_cost,
       l.created_at,
       l.last_run_at
  FROM listed AS l
  LEFT JOIN agent_totals_live AS t
    ON t.agent_name = l.name
\if :{?after_name}
 WHERE CASE WHEN l.last_run_at = :'after_at'::timestamptz
              OR l.last_run_at IS NULL AND :'after_at'::timestamptz IS NULL
            THEN l.name > :'after_name'
            ELSE coalesce(l.last_run_at < :'after_at'::timestamptz, l.last_run_at IS NULL)
       END
\endif
 ORDER BY l.last_run_at DESC NULLS LAST, l.name
 LIMIT :'row_limit'::bigint;
