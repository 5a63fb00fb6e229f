-- events/outcome: how a run ended, by all the ends of agents that it holds: as its root did.
--
-- Run only when an end that was counted may be that of an inner agent after all, and in runs of up to
-- 20,000 events: HUGE_RUN_EVENTS in service/writer/run_outcome.py, which says what an inner end is.
--
-- params   received_on  date  the run's day
-- params   run_id       uuid  the run, held
-- params   root_id      uuid  its root agent_start, or NULL
-- returns  status text
-- rows     one
-- index    events_pkey
-- plan     index scan on one partition; a look-up for each event that an end names
-- try      \set received_on 2026-11-23 \set run_id 8552f8ec-923d-432c-9bc4-802c92078534 \set root_id 6738206f-76cb-447b-b55e-2647469279a0

SELECT CASE WHEN bool_or(e.is_error) THEN 'failed'
            WHEN count(*) > 0        THEN 'completed'
            ELSE 'active' END AS status
  FROM events AS e
 WHERE e.received_on = :'received_on'::date
   AND e.run_id      = :'run_id'::uuid
   AND e.event_type  = 'agent_end'
   AND NOT EXISTS (SELECT
                     FROM events AS s
                    WHERE s.received_on = e.received_on
                      AND s.run_id      = e.run_id
                      AND s.event_id IN (e.previous_event_id, e.parent_event_id)
                      AND s.event_type  = 'agent_start'
                      AND s.event_id IS DISTINCT FROM :'root_id'::uuid);
