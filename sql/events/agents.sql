-- events/agents: the beginnings and ends of the agents of a run, to find its outcome again.
--
-- Run only when an end that was counted may be that of an inner agent after all.
--
-- params   received_on  date  the run's day
-- params   run_id       uuid  the run, held
-- returns  event_id uuid, event_type text, previous_event_id uuid, parent_event_id uuid, is_error boolean
-- rows     one per agent_start and agent_end
-- index    events_pkey
-- plan     index scan on one partition
-- try      \set received_on 2026-11-23 \set run_id 8552f8ec-923d-432c-9bc4-802c92078534

SELECT e.event_id, e.event_type, e.previous_event_id, e.parent_event_id, e.is_error
  FROM events AS e
 WHERE e.received_on = :'received_on'::date
   AND e.run_id      = :'run_id'::uuid
   AND e.event_type IN ('agent_start', 'agent_end')
 ORDER BY e.event_id;
