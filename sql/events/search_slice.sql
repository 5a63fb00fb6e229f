-- events/search_slice: the next events of some runs whose data a search reads, in the order of events/search.
--
-- So a search for text gets on within a run whose data is too much for one statement. The bytes are those of the stored
-- data, times eight where compressed, which need no TOAST.
--
-- params   run_ids          uuid[]       the runs
-- params   received_ons     date[]       their days, beside the ids
-- params   slice            bigint       events at most
-- params   byte_limit       bigint       of their data, except the first event: the rows end there
-- params   after_timestamp  timestamptz  optional: the time of the event of the first run after which the slice begins
-- params   after_tie        integer      optional: its tie
-- params   after_event_id   uuid         optional: its event_id
-- params   event_type       text         optional: this event type alone
-- params   model            text         optional: this model alone
-- params   tool             text         optional: calls of this tool alone
-- params   is_error         boolean      optional: whether it is an error
-- params   from_at          timestamptz  optional: of then or later
-- params   to_at            timestamptz  optional: before
-- returns  run_id uuid, received_on date, event_id uuid, timestamp timestamp with time zone, tie integer, events bigint
-- rows     up to slice; `events`, on each, is how many there are in all
-- index    events_pkey
-- plan     one index scan in one partition per run, sorted in memory run by run
-- try      \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}' \set received_ons '{2026-11-23}' \set slice 1000 \set byte_limit 8388608 \set after_timestamp '2026-11-22 23:59:00+00' \set after_tie 0 \set after_event_id 6738206f-76cb-447b-b55e-2647469279a0 \set event_type llm_call \set model gpt-4o \set tool search \set is_error true \set from_at '2026-11-01' \set to_at '2026-12-24'

WITH passing AS MATERIALIZED (
    SELECT k.position, e.received_on, e.run_id, e.event_id, e.timestamp, e.tie,
           pg_column_size(e.data)
           * CASE WHEN pg_column_compression(e.data) IS NULL THEN 1 ELSE 8 END AS bytes
      FROM unnest(:'run_ids'::uuid[], :'received_ons'::date[])
           WITH ORDINALITY AS k (run_id, received_on, position)
      JOIN events AS e
        ON e.received_on = k.received_on
       AND e.run_id      = k.run_id
\if :{?distributed}
       AND e.run_id      = ANY (:'run_ids'::uuid[])
\endif
     WHERE true
\if :{?after_event_id}
       AND (k.position > 1
            OR (e.timestamp, e.tie, e.event_id)
               < (:'after_timestamp'::timestamptz, :'after_tie'::integer, :'after_event_id'::uuid))
\endif
\if :{?event_type}
       AND e.event_type = :'event_type'
\endif
\if :{?model}
       AND e.model = :'model'
\endif
\if :{?tool}
       AND e.tool = :'tool'
\endif
\if :{?is_error}
       AND e.is_error = :'is_error'::boolean
\endif
\if :{?from_at}
       AND e.timestamp >= :'from_at'::timestamptz
\endif
\if :{?to_at}
       AND e.timestamp < :'to_at'::timestamptz
\endif
), placed AS MATERIALIZED (
    SELECT p.position, p.received_on, p.run_id, p.event_id, p.timestamp, p.tie,
           count(*) OVER () AS events,
           sum(p.bytes) OVER (ORDER BY p.position, p.timestamp DESC, p.tie DESC, p.event_id DESC
                               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
      FROM passing AS p
)
SELECT p.run_id, p.received_on, p.event_id, p.timestamp, p.tie, p.events
  FROM placed AS p
 WHERE coalesce(p.bytes_before, 0) < :'byte_limit'::bigint
 ORDER BY p.position, p.timestamp DESC, p.tie DESC, p.event_id DESC
 LIMIT :'slice'::bigint;
