-- events/stored: which of these events are stored.
--
-- params   run_ids    uuid[]  their runs
-- params   event_ids  uuid[]  the events, beside the runs
-- returns  run_id uuid, event_id uuid
-- rows     one per event that is stored
-- index    runs_pkey, events_pkey
-- plan     nested loop: per event one look-up of its run, and one in the run's partition
-- try      \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}' \set event_ids '{6738206f-76cb-447b-b55e-2647469279a0}'

SELECT e.run_id, e.event_id
  FROM unnest(:'run_ids'::uuid[], :'event_ids'::uuid[]) AS k (run_id, event_id)
  JOIN runs   AS r
    ON r.run_id = k.run_id
  JOIN events AS e
    ON e.received_on = r.received_on
   AND e.run_id      = k.run_id
   AND e.event_id    = k.event_id;
