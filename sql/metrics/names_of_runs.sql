-- metrics/names_of_runs: event types, models and tools of runs for which agents have no row in metric_names.
--
-- None of a kind that is full, and of the others the first ones by name, as metrics/add_names adds them.
--
-- params   run_ids      uuid[]  the runs, locked
-- params   agent_names  text[]  optional: the agents for which they are to count, beside the runs; else for their own
-- params   name_limit   bigint  how many names of a kind
-- returns  agent_name text, kind text, name text
-- rows     one per name
-- index    runs_pkey, events_pkey, metric_names_pkey
-- plan     one index scan on one partition per run, an aggregate; one index look-up per name
-- try      \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}' \set agent_names '{Researcher}' \set name_limit 1001

WITH found AS (
\if :{?agent_names}
    SELECT r.run_id, a.agent_name, e.event_type, e.model, e.tool
      FROM unnest(:'run_ids'::uuid[], :'agent_names'::text[]) AS a (run_id, agent_name)
      JOIN runs   AS r
        ON r.run_id = a.run_id
      JOIN events AS e
        ON e.received_on = r.received_on
       AND e.run_id      = r.run_id
\if :{?distributed}
     WHERE r.run_id = ANY (:'run_ids'::uuid[])
\endif
     GROUP BY r.run_id, a.agent_name, e.event_type, e.model, e.tool
\else
    SELECT r.run_id, r.agent_name, e.event_type, e.model, e.tool
      FROM runs   AS r
      JOIN events AS e
        ON e.received_on = r.received_on
       AND e.run_id      = r.run_id
     WHERE r.run_id = ANY (:'run_ids'::uuid[])
     GROUP BY r.run_id, r.agent_name, e.event_type, e.model, e.tool
\endif
), names AS (
    SELECT DISTINCT f.agent_name, n.kind, n.name
      FROM found AS f
     CROSS JOIN LATERAL (VALUES ('event_type', f.event_type), ('model', f.model), ('tool', f.tool)) AS n (kind, name)
     WHERE n.name NOT IN ('', '(other)')
), lacking AS (
    SELECT n.agent_name, n.kind, n.name,
           row_number() OVER (PARTITION BY n.agent_name, n.kind ORDER BY n.name) AS place
      FROM names AS n
     WHERE NOT EXISTS (SELECT
                         FROM metric_names AS m
                        WHERE m.agent_name = n.agent_name
                          AND m.kind       = n.kind
                          AND m.name       IN (n.name, '(other)'))
)
SELECT l.agent_name, l.kind, l.name
  FROM lacking AS l
 WHERE l.place <= :'name_limit'::bigint
 ORDER BY l.agent_name, l.kind, l.name;
