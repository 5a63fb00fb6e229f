-- events/stored: which of these events are stored, and their types.
--
-- params   received_ons  date[]  the days of their runs
-- params   run_ids       uuid[]  their runs, beside the days
-- params   event_ids     uuid[]  the events, beside the runs
-- returns  run_id uuid, event_id uuid, event_type text, is_open boolean
-- rows     one per event that is stored; is_open: a span that is no agent, sent before it ended
-- index    events_pkey
-- plan     one look-up in one partition per event; OFFSET 0 keeps the planner from scanning
--          events instead: a generic plan made while the tables were small would stay
-- try      \set received_ons '{2026-11-23}' \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}' \set event_ids '{6738206f-76cb-447b-b55e-2647469279a0}'

SELECT k.run_id, k.event_id, e.event_type,
       NOT e.stamped_at_end AND e.latency_us IS NULL AND e.event_type <> 'agent_start' AS is_open
  FROM unnest(:'received_ons'::date[], :'run_ids'::uuid[], :'event_ids'::uuid[])
    AS k (received_on, run_id, event_id)
\if :{?distributed}
  JOIN events AS e
    ON e.received_on = k.received_on
   AND e.run_id      = k.run_id
   AND e.event_id    = k.event_id
   AND e.run_id      = ANY (:'run_ids'::uuid[]);
\else
 CROSS JOIN LATERAL (SELECT e.event_type, e.stamped_at_end, e.latency_us
                       FROM events AS e
                      WHERE e.received_on = k.received_on
                        AND e.run_id      = k.run_id
                        AND e.event_id    = k.event_id
                     OFFSET 0) AS e;
\endif
