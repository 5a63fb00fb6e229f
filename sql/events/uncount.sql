-- events/uncount: mark calls whose figures count elsewhere. Their data keep what the calls said, and are not written again.
--
-- The writer takes the figures from the totals of the runs, and from the metrics, in the same transaction.
--
-- params   received_ons  date[]  the days of their runs
-- params   run_ids       uuid[]  their runs, held, beside the days
-- params   event_ids     uuid[]  the calls, beside the runs
-- params   repeats       uuid[]  beside them the events that count
-- index    events_pkey
-- plan     one look-up in one partition per event
-- try      \set received_ons '{}' \set run_ids '{}' \set event_ids '{}' \set repeats '{}'

UPDATE events AS e
   SET tokens_in          = NULL,
       tokens_out         = NULL,
       cached_tokens      = NULL,
       cache_write_tokens = NULL,
       reasoning_tokens   = NULL,
       cost               = NULL,
       cost_source        = NULL,
       priced_as          = NULL,
       repeats            = n.repeats
  FROM unnest(:'received_ons'::date[], :'run_ids'::uuid[], :'event_ids'::uuid[], :'repeats'::uuid[])
    AS n (received_on, run_id, event_id, repeats)
 WHERE e.received_on = n.received_on
   AND e.run_id      = n.run_id
   AND e.event_id    = n.event_id
\if :{?distributed}
   AND e.run_id = ANY (:'run_ids'::uuid[])
\endif
;
