-- events/find: the runs in which an event id occurs, the latest run first.
--
-- params   event_id  uuid  the event
-- returns  received_on date, run_id uuid
-- rows     one per run that has the id, mostly one; none when it is unknown
-- index    events_pkey
-- plan     reads the whole primary key, about 35 ms per million events: too rare for an
--          index, which would cost ingest 40 % (bench/decisions/event-by-id)
-- try      \set event_id 6738206f-76cb-447b-b55e-2647469279a0

SELECT e.received_on, e.run_id
  FROM events AS e
 WHERE e.event_id = :'event_id'::uuid
 ORDER BY e.created_at DESC, e.run_id;
