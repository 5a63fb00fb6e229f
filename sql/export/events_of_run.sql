-- export/events_of_run: the events of one run by event id, however many it has.
--
-- A page ends by the bytes of the stored data, times eight where compressed, which need no TOAST; and of the
-- events within that, by those of the data as PostgreSQL prints it.
--
-- params   received_on   date         the run's day
-- params   run_id        uuid         the run
-- params   after         uuid         the last event of the page before; not given: from the first
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
-- plan     index scan in one partition from the given event on, no sort
-- try      \set received_on 2026-11-23 \set run_id 8552f8ec-923d-432c-9bc4-802c92078534 \set after 6738206f-76cb-447b-b55e-2647469279a0 \set event_type llm_call \set from_at '2026-11-22 00:00:00+00' \set to_at '2026-11-23 00:00:00+00' \set row_limit 1000 \set byte_limit 524288 \set print_limit 8388608

SELECT p.scanned, p.is_wanted, p.run_id, p.event_id, p.agent_name, p.event_type, p.timestamp,
       p.parent_event_id, p.previous_event_id, p.model, p.tokens_in, p.tokens_out,
       p.cached_tokens, p.cache_write_tokens, p.reasoning_tokens,
       p.cost::text          AS cost,
       p.cost_source,
       p.latency_us / 1000.0 AS latency_ms,
       p.is_error, p.stamped_at_end, p.tie,
       CASE WHEN NOT p.is_wanted THEN NULL
            WHEN p.repeats IS NULL THEN p.data
            ELSE p.data || jsonb_build_object('counted', false, 'repeats', p.repeats) END AS data
  FROM (SELECT m.scanned, m.is_wanted, m.run_id, m.event_id, m.agent_name, m.event_type,
               m.timestamp, m.parent_event_id, m.previous_event_id, m.model, m.tokens_in,
               m.tokens_out, m.cached_tokens, m.cache_write_tokens, m.reasoning_tokens,
               m.cost, m.cost_source, m.latency_us, m.is_error, m.stamped_at_end, m.tie, m.data, m.repeats,
               sum(CASE WHEN m.is_wanted THEN octet_length(m.data::text) ELSE 0 END)
                   OVER (ORDER BY m.event_id
                          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS printed_before
          FROM (SELECT l.run_id, l.event_id, l.agent_name, l.event_type, l.timestamp,
                       l.parent_event_id, l.previous_event_id, l.model, l.tokens_in, l.tokens_out,
                       l.cached_tokens, l.cache_write_tokens, l.reasoning_tokens, l.cost,
                       l.cost_source, l.latency_us, l.is_error, l.stamped_at_end, l.tie, l.data, l.repeats,
                       l.is_wanted,
                       count(*) OVER () AS scanned,
                       sum(CASE WHEN l.is_wanted THEN l.bytes ELSE 0 END)
                           OVER (ORDER BY l.event_id
                                  ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
                  FROM (SELECT e.run_id, e.event_id, e.agent_name, e.event_type, e.timestamp,
                               e.parent_event_id, e.previous_event_id, e.model, e.tokens_in, e.tokens_out,
                               e.cached_tokens, e.cache_write_tokens, e.reasoning_tokens,
                               e.cost, e.cost_source, e.latency_us, e.is_error, e.stamped_at_end, e.tie, e.data,
                               e.repeats,
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
                          FROM events AS e
                         WHERE e.received_on = :'received_on'::date
                           AND e.run_id      = :'run_id'::uuid
\if :{?after}
                           AND e.event_id    > :'after'::uuid
\endif
                         ORDER BY e.event_id
                         LIMIT :'row_limit'::bigint) AS l) AS m
         WHERE coalesce(m.bytes_before, 0) < :'byte_limit'::bigint) AS p
 WHERE coalesce(p.printed_before, 0) < :'print_limit'::bigint
 ORDER BY p.event_id;
