-- events/search: the events of some runs that pass every filter given.
--
-- Run by run, in the order given, the newest event of each run first. The byte limit holds twice: for the
-- bytes of the stored data, times eight where compressed, which need no TOAST; and of the events
-- within it, for those of the data as PostgreSQL prints it.
--
-- params   run_ids          uuid[]       the runs, of events/search_runs
-- params   received_ons     date[]       their days, beside the ids
-- params   event_ids        uuid[]       optional: of each run, beside it, this event alone: those of events/search_slice
-- params   row_limit        bigint       rows at most
-- params   byte_limit       bigint       of their data, except the first event: the rows end there
-- params   after_timestamp  timestamptz  optional: the time of the event of the first run after which the page begins
-- params   after_tie        integer      optional: its tie
-- params   after_event_id   uuid         optional: its event_id
-- params   event_type       text         optional: this event type alone
-- params   model            text         optional: this model alone
-- params   tool             text         optional: calls of this tool alone
-- params   is_error         boolean      optional: whether it is an error
-- params   from_at          timestamptz  optional: of then or later
-- params   to_at            timestamptz  optional: before
-- params   data_pattern     text         optional: data as text is like this, A to Z in any case
-- params   data_regex       text         optional: data as text matches this regular expression
-- returns  event_id uuid, run_id uuid, run_name text, agent_name text, event_type text, timestamp timestamp with time zone, parent_event_id uuid, previous_event_id uuid, model text, tokens_in bigint, tokens_out bigint, cached_tokens bigint, cache_write_tokens bigint, reasoning_tokens bigint, cost numeric, cost_source text, priced_as jsonb, latency_ms numeric, is_error boolean, data jsonb, created_at timestamp with time zone, tie integer, found bigint, bytes integer
-- rows     up to row_limit. Fewer than `found`, which is on each: the byte limit ended the page
-- index    events_pkey, runs_pkey
-- plan     one index scan in one partition per run, sorted in memory run by run; one look-up per row of the page: joined
--          as a whole, the events of a run were read for each of them where the statistics were no good
-- try      \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}' \set received_ons '{2026-11-23}' \set event_ids '{6738206f-76cb-447b-b55e-2647469279a0}' \set row_limit 50 \set byte_limit 8388608 \set after_timestamp '2026-11-22 23:59:00+00' \set after_tie 0 \set after_event_id 6738206f-76cb-447b-b55e-2647469279a0 \set event_type llm_call \set model gpt-4o \set tool search \set is_error true \set from_at '2026-11-01' \set to_at '2026-12-24' \set data_pattern '%time out%' \set data_regex '[tT]ime'

WITH found AS MATERIALIZED (
    SELECT k.position, e.received_on, e.run_id, e.event_id, e.timestamp, e.tie,
           pg_column_size(e.data)
           * CASE WHEN pg_column_compression(e.data) IS NULL THEN 1 ELSE 8 END AS bytes
\if :{?event_ids}
      FROM unnest(:'run_ids'::uuid[], :'received_ons'::date[], :'event_ids'::uuid[])
           WITH ORDINALITY AS k (run_id, received_on, event_id, position)
      JOIN events AS e
        ON e.received_on = k.received_on
       AND e.run_id      = k.run_id
\if :{?distributed}
       AND e.run_id      = ANY (:'run_ids'::uuid[])
\endif
       AND e.event_id    = k.event_id
\else
      FROM unnest(:'run_ids'::uuid[], :'received_ons'::date[])
           WITH ORDINALITY AS k (run_id, received_on, position)
      JOIN events AS e
        ON e.received_on = k.received_on
       AND e.run_id      = k.run_id
\if :{?distributed}
       AND e.run_id      = ANY (:'run_ids'::uuid[])
\endif
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
\if :{?data_pattern}
       AND e.data::text ILIKE :'data_pattern'
\endif
\if :{?data_regex}
       AND e.data::text ~ :'data_regex'
\endif
     ORDER BY k.position, e.timestamp DESC, e.tie DESC, e.event_id DESC
     LIMIT :'row_limit'::bigint
),
likely AS MATERIALIZED (
    SELECT f.position, f.run_id, f.event_id,
           count(*) OVER () AS found,
           sum(f.bytes) OVER (ORDER BY f.position, f.timestamp DESC, f.tie DESC, f.event_id DESC
                               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
      FROM found AS f
)
SELECT p.event_id, p.run_id, p.run_name, p.agent_name, p.event_type, p.timestamp,
       p.parent_event_id, p.previous_event_id, p.model, p.tokens_in, p.tokens_out,
       p.cached_tokens, p.cache_write_tokens, p.reasoning_tokens,
       p.cost, p.cost_source, p.priced_as, p.latency_ms, p.is_error, p.data, p.created_at, p.tie, p.found, p.bytes
  FROM (SELECT e.event_id, e.run_id, e.run_name, e.agent_name, e.event_type, e.timestamp,
               e.parent_event_id, e.previous_event_id, e.model, e.tokens_in, e.tokens_out,
               e.cached_tokens, e.cache_write_tokens, e.reasoning_tokens, e.cost, e.cost_source,
               e.priced_as, e.latency_ms, e.is_error, e.data, e.created_at, e.tie,
               l.position, l.found,
               octet_length(e.data::text) AS bytes,
               sum(octet_length(e.data::text))
                   OVER (ORDER BY l.position, e.timestamp DESC, e.tie DESC, e.event_id DESC
                          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
          FROM likely AS l
\if :{?distributed}
          JOIN priced_events AS e
            ON e.run_id   = l.run_id
           AND e.event_id = l.event_id
\else
         CROSS JOIN LATERAL (SELECT e.event_id, e.run_id, e.run_name, e.agent_name, e.event_type, e.timestamp,
                                    e.parent_event_id, e.previous_event_id, e.model, e.tokens_in, e.tokens_out,
                                    e.cached_tokens, e.cache_write_tokens, e.reasoning_tokens, e.cost, e.cost_source,
                                    e.priced_as, e.latency_ms, e.is_error, e.data, e.created_at, e.tie
                               FROM priced_events AS e
                              WHERE e.run_id   = l.run_id
                                AND e.event_id = l.event_id
                             OFFSET 0) AS e
\endif
         WHERE coalesce(l.bytes_before, 0) < :'byte_limit'::bigint) AS p
 WHERE coalesce(p.bytes_before, 0) < :'byte_limit'::bigint
 ORDER BY p.position, p.timestamp DESC, p.tie DESC, p.event_id DESC;
