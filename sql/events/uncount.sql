-- events/uncount: mark calls whose figures count elsewhere. Their data keep what the calls said.
--
-- The writer takes the figures from the totals of the run, and from the metrics, in the same transaction.
--
-- params   received_on  date    the run's day
-- params   run_id       uuid    the run, held
-- params   event_ids    uuid[]  the calls
-- params   repeats      uuid[]  beside them the events that count
-- index    events_pkey
-- plan     one look-up in one partition per event
-- try      \set received_on 2026-11-23 \set run_id 8552f8ec-923d-432c-9bc4-802c92078534 \set event_ids '{}' \set repeats '{}'

UPDATE events AS e
   SET tokens_in          = NULL,
       tokens_out         = NULL,
       cached_tokens      = NULL,
       cache_write_tokens = NULL,
       reasoning_tokens   = NULL,
       cost               = NULL,
       cost_source        = NULL,
       priced_as          = NULL,
       data               = e.data || jsonb_build_object('counted', false, 'repeats', n.repeats)
  FROM unnest(:'event_ids'::uuid[], :'repeats'::uuid[]) AS n (event_id, repeats)
 WHERE e.received_on = :'received_on'::date
   AND e.run_id      = :'run_id'::uuid
   AND e.event_id    = n.event_id;
