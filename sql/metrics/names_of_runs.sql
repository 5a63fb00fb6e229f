-- metrics/names_of_runs: the event types, models and tools of runs, with the agent for which they count.
--
-- params   run_ids  uuid[]  the runs
-- returns  run_id uuid, agent_name text, event_type text, model text, tool text
-- rows     one per type, model and tool of each run
-- index    runs_pkey, events_pkey
-- plan     one index scan on one partition per run, an aggregate
-- try      \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}'

SELECT r.run_id, r.agent_name, e.event_type, coalesce(e.model, '') AS model,
       coalesce(e.tool, '') AS tool
  FROM runs   AS r
  JOIN events AS e
    ON e.received_on = r.received_on
   AND e.run_id      = r.run_id
 WHERE r.run_id = ANY (:'run_ids'::uuid[])
 GROUP BY r.run_id, r.agent_name, e.event_type, e.model, e.tool;
