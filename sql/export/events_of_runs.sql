-- export/events_of_runs: the events of some runs, run by run, each by event id.
--
-- For small runs, because all their events are read and sorted. For large runs: export/events_of_run.
-- A page ends by the bytes of the stored data, times eight where compressed, which need no TOAST; and of the
-- events within that, by those of the data as PostgreSQL prints it.
--
-- params   received_ons  date[]       the runs' days
-- params   run_ids       uuid[]       the runs, beside them, in the order of the answer
-- params   after         uuid         the last event of the page before, of the first run; not given: from the first
-- params   event_type    text         this type alone; not given: of any type
-- params   from_at       timestamptz  the first moment; not given: from the first event
-- params   to_at         timestamptz  the moment after the last; not given: to the last
-- params   row_limit     bigint       events to read at most
-- params   byte_limit    bigint       of their data, except the first event: a page ends there
-- params   print_limit    bigint       of their data as printed, likewise
-- returns  scanned bigint, is_wanted boolean, run_id uuid, event_id uuid, agent_name text, event_type text, timestamp timestamp with time zone, parent_event_id uuid, previous_event_id uuid, model text, tokens_in bigint, tokens_out bigint, cached_tokens bigint, cache_write_tokens bigint, reasoning_tokens bigint, cost text, cost_source text, latency_ms numeric, is_error boolean, stamped_at_end boolean, tie integer, data jsonb
-- rows     one per event read, without its data unless is_wanted: the next page begins after the last row.
--          Fewer rows than `scanned`, which is on each: the byte limit ended the page
-- index    events_pkey
-- plan     an index scan in one partition per run, sort in memory; then a look-up per event that fits
-- try      \set received_ons '{2026-11-23}' \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}' \set after 6738206f-76cb-447b-b55e-2647469279a0 \set event_type llm_call \set from_at '2026-11-22 00:00:00+00' \set to_at '2026-11-23 00:00:00+00' \set row_limit 1000 \set byte_limit 524288 \set print_limit 8388608

WITH found AS MATERIALIZED (
    SELECT k.position, e.received_on, e.run_id, e.event_id,
           pg_column_size(e.data)
           * CASE WHEN pg_column_compression(e.data) IS NULL THEN 1 ELSE 8 END AS bytes,
           true
\if :{?event_type}
           AND e.event_type = :'event_type'::text
\endif
\if :{?from_at}
           AND e.timestamp >= :'from_at'::timestamptz
\endif
\if :{?to_at}
           AND e.timestamp < :'to_at'::timestamptz
\endif
           AS is_wanted
      FROM unnest(:'received_ons'::date[], :'run_ids'::uuid[])
           WITH ORDINALITY AS k (received_on, run_id, position)
      JOIN events AS e
        ON e.received_on = k.received_on
       AND e.run_id      = k.run_id
\if :{?distributed}
       AND e.run_id      = ANY (:'run_ids'::uuid[])
\endif
\if :{?after}
     WHERE (k.position > 1 OR e.event_id > :'after'::uuid)
\endif
     ORDER BY k.position, e.event_id
     LIMIT :'row_limit'::bigint
), page AS MATERIALIZED (
    SELECT f.position, f.received_on, f.run_id, f.event_id, f.is_wanted,
           count(*) OVER () AS scanned,
           sum(CASE WHEN f.is_wanted THEN f.bytes ELSE 0 END)
               OVER (ORDER BY f.position, f.event_id
                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
      FROM found AS f
)
SELECT s.scanned, s.is_wanted, s.run_id, s.event_id, s.agent_name, s.event_type, s.timestamp,
       s.parent_event_id, s.previous_event_id, s.model, s.tokens_in, s.tokens_out,
       s.cached_tokens, s.cache_write_tokens, s.reasoning_tokens,
       s.cost::text          AS cost,
       s.cost_source,
       s.latency_us / 1000.0 AS latency_ms,
       s.is_error, s.stamped_at_end, s.tie,
       CASE WHEN NOT s.is_wanted THEN NULL
            WHEN s.repeats IS NULL THEN s.data
            ELSE s.data || jsonb_build_object('counted', false, 'repeats', s.repeats) END AS data
  FROM (SELECT p.position, p.scanned, p.is_wanted, e.run_id, e.event_id, e.agent_name, e.event_type,
               e.timestamp, e.parent_event_id, e.previous_event_id, e.model, e.tokens_in,
               e.tokens_out, e.cached_tokens, e.cache_write_tokens, e.reasoning_tokens,
               e.cost, e.cost_source, e.latency_us, e.is_error, e.stamped_at_end, e.tie, e.data, e.repeats,
               sum(CASE WHEN p.is_wanted THEN octet_length(e.data::text) ELSE 0 END)
                   OVER (ORDER BY p.position, p.event_id
                          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS printed_before
          FROM page   AS p
          JOIN events AS e
            ON e.received_on = p.received_on
           AND e.run_id      = p.run_id
           AND e.event_id    = p.event_id
         WHERE coalesce(p.bytes_before, 0) < :'byte_limit'::bigint) AS s
 WHERE coalesce(s.printed_before, 0) < :'print_limit'::bigint
 ORDER BY s.position, s.event_id;
