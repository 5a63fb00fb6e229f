-- events/find_in_run: the partition day and run of an event of one run.
--
-- params   event_id  uuid  the event
-- params   run_id    uuid  the run
-- returns  received_on date, run_id uuid
-- rows     one; none when the run does not have it
-- index    runs_pkey, events_pkey
-- plan     one look-up of the run, one of the event in its partition
-- try      \set event_id 6738206f-76cb-447b-b55e-2647469279a0 \set run_id 8552f8ec-923d-432c-9bc4-802c92078534

SELECT e.received_on, e.run_id
  FROM runs   AS r
  JOIN events AS e
    ON e.received_on = r.received_on
   AND e.run_id      = r.run_id
 WHERE r.run_id   = :'run_id'::uuid
   AND e.event_id = :'event_id'::uuid;
