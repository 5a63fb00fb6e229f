-- events/stored: which of these events are stored.
--
-- params   received_ons  date[]  the days of their runs
-- params   run_ids       uuid[]  their runs, beside the days
-- params   event_ids     uuid[]  the events, beside the runs
-- returns  run_id uuid, event_id uuid
-- rows     one per event that is stored
-- index    events_pkey
-- plan     one look-up in one partition per event; OFFSET 0 keeps it from being turned round into a
--          scan of events for each, which a plan made while they were few would be for ever
-- try      \set received_ons '{2026-11-23}' \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}' \set event_ids '{6738206f-76cb-447b-b55e-2647469279a0}'

SELECT k.run_id, k.event_id
  FROM unnest(:'received_ons'::date[], :'run_ids'::uuid[], :'event_ids'::uuid[])
    AS k (received_on, run_id, event_id)
 WHERE EXISTS (SELECT
                 FROM events AS e
                WHERE e.received_on = k.received_on
                  AND e.run_id      = k.run_id
                  AND e.event_id    = k.event_id
               OFFSET 0);
-- events/copy: store events, sorted by (run_id, event_id), none of which is stored already.
--
-- The writer holds their runs and has asked events/stored, so no other can have come in between; the
-- primary key would end the transaction.
--
-- params   none
-- returns  nothing
-- rows     none
-- index    none
-- plan     none: a copy into one partition, rarely two
-- try      (psql reads the rows from its input, in COPY's text format)

COPY events (received_on, run_id, event_id, agent_name, event_type, timestamp,
             parent_event_id, previous_event_id, model, tokens_in, tokens_out, cost, cost_source,
             latency_us, is_error, data)
FROM STDIN;
-- runs/add_totals: add what new events sum up to, to their runs.
--
-- params   run_ids       uuid[]         the runs, held
-- params   first_ats     timestamptz[]  the time of the earliest new event
-- params   last_ats      timestamptz[]  the time of the latest new event
-- params   event_counts  bigint[]
-- params   error_counts  bigint[]
-- params   costs         numeric[]
-- params   tokens_in     bigint[]
-- params   tokens_out    bigint[]
-- params   ended         boolean[]      an agent_end is among them
-- params   failed        boolean[]      an agent_end or error that is an error is among them
-- returns  nothing
-- rows     none
-- index    runs_pkey
-- plan     one index look-up per run; HOT updates
-- try      \set run_ids '{}' \set first_ats '{}' \set last_ats '{}' \set event_counts '{}' \set error_counts '{}' \set costs '{}' \set tokens_in '{}' \set tokens_out '{}' \set ended '{}' \set failed '{}'

UPDATE runs AS r
   SET started_at    = least(r.started_at, n.first_at),
       last_event_at = greatest(r.last_event_at, n.last_at),
       duration_us   = (extract(epoch FROM greatest(r.last_event_at, n.last_at)
                                         - least(r.started_at, n.first_at)) * 1000000)::bigint,
       status        = CASE WHEN n.failed OR r.status = 'failed'    THEN 'failed'
                            WHEN n.ended  OR r.status = 'completed' THEN 'completed'
                            ELSE 'active' END,
       event_count   = r.event_count + n.event_count,
       error_count   = r.error_count + n.error_count,
       total_cost    = r.total_cost  + n.cost,
       tokens_in     = r.tokens_in   + n.tokens_in,
       tokens_out    = r.tokens_out  + n.tokens_out,
       updated_at    = now()
  FROM unnest(:'run_ids'::uuid[], :'first_ats'::timestamptz[], :'last_ats'::timestamptz[],
              :'event_counts'::bigint[], :'error_counts'::bigint[], :'costs'::numeric[],
              :'tokens_in'::bigint[], :'tokens_out'::bigint[], :'ended'::boolean[],
              :'failed'::boolean[])
    AS n (run_id, first_at, last_at, event_count, error_count, cost, tokens_in, tokens_out,
          ended, failed)
 WHERE r.run_id = n.run_id;
