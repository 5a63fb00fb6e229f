-- runs/timeline: a run's events, oldest first.
--
-- params   run_id  uuid  the run
-- returns  event_id uuid, run_id uuid, run_name text, agent_name text, event_type text, timestamp timestamp with time zone, parent_event_id uuid, previous_event_id uuid, model text, tokens_in bigint, tokens_out bigint, cost numeric, cost_source text, latency_ms numeric, is_error boolean, data jsonb, created_at timestamp with time zone
-- rows     one per event; none when the run is unknown
-- index    runs_pkey, events_pkey
-- plan     index scan on one partition, sort in memory
-- try      \set run_id 8552f8ec-923d-432c-9bc4-802c92078534

SELECT e.event_id, e.run_id, r.run_name, e.agent_name, e.event_type, e.timestamp,
       e.parent_event_id, e.previous_event_id,
       e.model, e.tokens_in, e.tokens_out, e.cost, e.cost_source,
       e.latency_us / 1000.0 AS latency_ms,
       e.is_error, e.data, e.created_at
  FROM runs   AS r
  JOIN events AS e
    ON e.received_on = r.received_on
   AND e.run_id      = r.run_id
 WHERE r.run_id = :'run_id'::uuid
 ORDER BY e.timestamp, e.event_id;
