-- export/agents_of_run: where the agents of a run begin and end, oldest first.
--
-- params   received_on  date    the run's day
-- params   run_id       uuid    the run
-- params   row_limit    bigint  rows at most
-- returns  event_id uuid, event_type text, parent_event_id uuid, previous_event_id uuid
-- rows     one per agent_start and agent_end, at most row_limit
-- index    events_pkey
-- plan     index scan on one partition, sort in memory
-- try      \set received_on 2026-11-23 \set run_id 8552f8ec-923d-432c-9bc4-802c92078534 \set row_limit 1000

SELECT e.event_id, e.event_type, e.parent_event_id, e.previous_event_id
  FROM events AS e
 WHERE e.received_on = :'received_on'::date
   AND e.run_id      = :'run_id'::uuid
   AND e.event_type IN ('agent_start', 'agent_end')
 ORDER BY e.timestamp, e.tie, e.event_id
 LIMIT :'row_limit'::bigint;
