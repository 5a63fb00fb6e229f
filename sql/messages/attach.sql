-- messages/attach: set the content of events, and note in `otel.taken` that it came by /v1/logs.
--
-- params   received_ons  date[]   the days of their runs
-- params   run_ids       uuid[]   their runs, held, beside the days
-- params   event_ids     uuid[]   the events, beside the runs
-- params   contents      jsonb[]  objects with input, output or both
-- params   taken         jsonb[]  the same keys, with /v1/logs
-- index    events_pkey
-- plan     one look-up in one partition per event
-- try      \set received_ons '{}' \set run_ids '{}' \set event_ids '{}' \set contents '{}' \set taken '{}'

UPDATE events AS e
   SET data = jsonb_set(e.data || n.content, '{otel}',
                        jsonb_set(coalesce(e.data -> 'otel', '{}'), '{taken}',
                                  coalesce(e.data #> '{otel,taken}', '{}') || n.taken))
  FROM unnest(:'received_ons'::date[], :'run_ids'::uuid[], :'event_ids'::uuid[],
              :'contents'::jsonb[], :'taken'::jsonb[])
    AS n (received_on, run_id, event_id, content, taken)
 WHERE e.received_on = n.received_on
   AND e.run_id      = n.run_id
   AND e.event_id    = n.event_id
\if :{?distributed}
   AND e.run_id = ANY (:'run_ids'::uuid[])
\endif
;
