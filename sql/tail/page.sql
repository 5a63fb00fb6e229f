-- tail/page: the next events in the order of their transactions, after a position and below the horizon.
--
-- Within a transaction events are in the order of their keys. Rows restored by pg_restore from a server with
-- a higher transaction counter are skipped: their ingest_xid is larger than their own xmin (32 bits).
-- Updated rows have a newer xmin and pass. On Citus xmin is a worker's own and is not compared. A page ends
-- by the bytes of the stored data, which need no TOAST; and of the events within that, by those of the data
-- as PostgreSQL prints it.
--
-- params   xid         xid8    the transaction of the last event read
-- params   run_id      uuid    its run
-- params   event_id    uuid    its id
-- params   horizon     xid8    tail/horizon, of this snapshot or of one before
-- params   row_limit   bigint  events to read at most
-- params   byte_limit  bigint  of their stored data, except the first event: a page ends there
-- params   print_limit  bigint  of their data as printed, likewise
-- returns  due_xid bigint, scanned bigint, is_wanted boolean, event_id uuid, run_id uuid, run_name text, agent_name text, event_type text, timestamp timestamp with time zone, parent_event_id uuid, previous_event_id uuid, model text, tokens_in bigint, tokens_out bigint, cached_tokens bigint, cache_write_tokens bigint, reasoning_tokens bigint, cost numeric, cost_source text, priced_as jsonb, latency_ms numeric, is_error boolean, data jsonb, created_at timestamp with time zone
-- rows     one per event read, without its data unless is_wanted: the next page begins after the last row.
--          Fewer rows than `scanned`, which is on each: the byte limit ended the page
-- index    events_ingest_xid_idx, runs_pkey
-- plan     index scan of each partition from the given transaction on, merged; within a transaction an
--          incremental sort; one look-up per run
-- try      \set xid 1000 \set run_id 8552f8ec-923d-432c-9bc4-802c92078534 \set event_id 6738206f-76cb-447b-b55e-2647469279a0 \set horizon 2000 \set row_limit 500 \set byte_limit 262144 \set print_limit 8388608

WITH found AS MATERIALIZED (
    SELECT e.ingest_xid, e.received_on, e.run_id, e.event_id, pg_column_size(e.data) AS bytes,
\if :{?distributed}
           true AS is_wanted
\else
           (e.ingest_xid::text::bigint - e.xmin::text::bigint) & 4294967295
               NOT BETWEEN 1 AND 2147483647 AS is_wanted
\endif
      FROM events AS e
     WHERE e.ingest_xid >= :'xid'::xid8
       AND (e.ingest_xid, e.run_id, e.event_id)
           > (:'xid'::xid8, :'run_id'::uuid, :'event_id'::uuid)
       AND e.ingest_xid < :'horizon'::xid8
     ORDER BY e.ingest_xid, e.run_id, e.event_id
     LIMIT :'row_limit'::bigint
), page AS MATERIALIZED (
    SELECT f.ingest_xid, f.received_on, f.run_id, f.event_id, f.is_wanted,
           count(*) OVER () AS scanned,
           sum(CASE WHEN f.is_wanted THEN f.bytes ELSE 0 END)
               OVER (ORDER BY f.ingest_xid, f.run_id, f.event_id
                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
      FROM found AS f
)
SELECT s.due_xid, s.scanned, s.is_wanted, s.event_id, s.run_id, s.run_name, s.agent_name,
       s.event_type, s.timestamp, s.parent_event_id, s.previous_event_id,
       s.model, s.tokens_in, s.tokens_out, s.cached_tokens, s.cache_write_tokens, s.reasoning_tokens,
       s.cost, s.cost_source, s.priced_as, s.latency_ms, s.is_error,
       CASE WHEN NOT s.is_wanted THEN NULL
            WHEN s.repeats IS NULL THEN s.data
            ELSE s.data || jsonb_build_object('counted', false, 'repeats', s.repeats) END AS data,
       s.created_at
  FROM (SELECT p.ingest_xid, p.ingest_xid::text::bigint AS due_xid, p.scanned, p.is_wanted,
               e.event_id, e.run_id, r.run_name, e.agent_name, e.event_type, e.timestamp,
               e.parent_event_id, e.previous_event_id, e.model, e.tokens_in, e.tokens_out,
               e.cached_tokens, e.cache_write_tokens, e.reasoning_tokens, e.cost, e.cost_source, e.priced_as,
               e.latency_us / 1000.0 AS latency_ms,
               e.is_error, e.data, e.repeats, e.created_at,
               sum(CASE WHEN p.is_wanted THEN octet_length(e.data::text) ELSE 0 END)
                   OVER (ORDER BY p.ingest_xid, p.run_id, p.event_id
                          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS printed_before
          FROM page   AS p
          JOIN events AS e
            ON e.received_on = p.received_on
           AND e.run_id      = p.run_id
           AND e.event_id    = p.event_id
\if :{?distributed}
          JOIN runs   AS r
\else
          LEFT JOIN runs AS r
\endif
            ON r.run_id = p.run_id
         WHERE coalesce(p.bytes_before, 0) < :'byte_limit'::bigint) AS s
 WHERE coalesce(s.printed_before, 0) < :'print_limit'::bigint
 ORDER BY s.ingest_xid, s.run_id, s.event_id;
