-- tail/page_of_agent: as tail/page, the next events of one agent's runs.
--
-- An event is due with its transaction, or with the transaction that moved its run to the agent, if that is
-- later. moved_xid is ignored where it is larger than the run's own xmin, because pg_restore wrote the run.
-- On Citus xmin is a worker's own and is not compared.
--
-- params   agent_name  text    the agent
-- params   xid         xid8    the transaction with which the last event read was due
-- params   run_id      uuid    its run
-- params   event_id    uuid    its id
-- params   horizon     xid8    tail/horizon, of this snapshot or of one before
-- params   row_limit   bigint  events to read at most
-- params   byte_limit  bigint  of their stored data, except the first event: a page ends there
-- params   print_limit  bigint  of their data as printed, likewise
-- returns  due_xid bigint, scanned bigint, is_wanted boolean, event_id uuid, run_id uuid, run_name text, agent_name text, event_type text, timestamp timestamp with time zone, parent_event_id uuid, previous_event_id uuid, model text, tokens_in bigint, tokens_out bigint, cached_tokens bigint, cache_write_tokens bigint, reasoning_tokens bigint, cost numeric, cost_source text, priced_as jsonb, latency_ms numeric, is_error boolean, data jsonb, created_at timestamp with time zone
-- rows     one per event read, with its key alone unless is_wanted: the next page begins after the last row.
--          Fewer rows than `scanned`, which is on each: the byte limit ended the page
-- index    events_ingest_xid_idx, runs_moved_xid_idx, events_pkey, runs_pkey
-- plan     index scan of each partition from the given transaction on, merged; and an index scan
--          of the runs that moved to the agent, with their events; then a look-up per event that is_wanted
-- try      \set agent_name 'agent 1' \set xid 1000 \set run_id 8552f8ec-923d-432c-9bc4-802c92078534 \set event_id 6738206f-76cb-447b-b55e-2647469279a0 \set horizon 2000 \set row_limit 500 \set byte_limit 262144 \set print_limit 8388608

WITH arrived AS (
    SELECT e.ingest_xid AS due_xid, e.received_on, e.run_id, e.event_id,
           pg_column_size(e.data) AS bytes,
\if :{?distributed}
           true AS is_new
\else
           (e.ingest_xid::text::bigint - e.xmin::text::bigint) & 4294967295
               NOT BETWEEN 1 AND 2147483647 AS is_new
\endif
      FROM events AS e
     WHERE e.ingest_xid >= :'xid'::xid8
       AND (e.ingest_xid, e.run_id, e.event_id)
           > (:'xid'::xid8, :'run_id'::uuid, :'event_id'::uuid)
       AND e.ingest_xid < :'horizon'::xid8
     ORDER BY e.ingest_xid, e.run_id, e.event_id
     LIMIT :'row_limit'::bigint
),
moved AS (
    SELECT r.moved_xid AS due_xid, r.received_on, r.run_id, e.event_id, e.bytes
      FROM runs AS r
     CROSS JOIN LATERAL (
           SELECT e.event_id, pg_column_size(e.data) AS bytes
             FROM events AS e
            WHERE e.received_on = r.received_on
              AND e.run_id      = r.run_id
              AND e.event_id   >= CASE WHEN r.moved_xid = :'xid'::xid8
                                        AND r.run_id = :'run_id'::uuid
                                       THEN :'event_id'::uuid
                                       ELSE '00000000-0000-0000-0000-000000000000' END
              AND (r.moved_xid, r.run_id, e.event_id)
                  > (:'xid'::xid8, :'run_id'::uuid, :'event_id'::uuid)
\if :{?distributed}
              AND e.ingest_xid < r.moved_xid
\else
              AND (e.ingest_xid < r.moved_xid
                   OR (e.ingest_xid::text::bigint - e.xmin::text::bigint) & 4294967295
                      BETWEEN 1 AND 2147483647)
\endif
            ORDER BY e.event_id
            LIMIT :'row_limit'::bigint) AS e
     WHERE r.agent_name = :'agent_name'::text
       AND r.moved_xid >= :'xid'::xid8
       AND r.moved_xid < :'horizon'::xid8
\if :{?distributed}
\else
       AND (r.moved_xid::text::bigint - r.xmin::text::bigint) & 4294967295 NOT BETWEEN 1 AND 2147483647
\endif
     ORDER BY r.moved_xid, r.run_id, e.event_id
     LIMIT :'row_limit'::bigint
),
looked_at AS (
    SELECT a.due_xid, a.received_on, a.run_id, a.event_id, a.bytes,
           a.is_new
           AND r.agent_name IS NOT DISTINCT FROM :'agent_name'::text
           AND (r.moved_xid IS NULL
\if :{?distributed}
                OR r.moved_xid <= a.due_xid) AS is_wanted
\else
                OR r.moved_xid <= a.due_xid
                OR (r.moved_xid::text::bigint - r.xmin::text::bigint) & 4294967295
                   BETWEEN 1 AND 2147483647) AS is_wanted
\endif
      FROM arrived AS a
\if :{?distributed}
      JOIN runs AS r
\else
      LEFT JOIN runs AS r
\endif
        ON r.run_id = a.run_id
     UNION ALL
    SELECT m.due_xid, m.received_on, m.run_id, m.event_id, m.bytes, true
      FROM moved AS m
     ORDER BY due_xid, run_id, event_id
     LIMIT :'row_limit'::bigint
),
page AS MATERIALIZED (
    SELECT l.due_xid, l.received_on, l.run_id, l.event_id, l.is_wanted,
           count(*) OVER () AS scanned,
           sum(CASE WHEN l.is_wanted THEN l.bytes ELSE 0 END)
               OVER (ORDER BY l.due_xid, l.run_id, l.event_id
                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
      FROM looked_at AS l
)
SELECT s.due_xid::text::bigint AS due_xid, s.scanned, s.is_wanted, s.event_id, s.run_id, s.run_name, s.agent_name,
       s.event_type, s.timestamp, s.parent_event_id, s.previous_event_id,
       s.model, s.tokens_in, s.tokens_out, s.cached_tokens, s.cache_write_tokens, s.reasoning_tokens,
       s.cost, s.cost_source, s.priced_as, s.latency_ms, s.is_error,
       CASE WHEN NOT s.is_wanted THEN NULL
            WHEN s.repeats IS NULL THEN s.data
            ELSE s.data || jsonb_build_object('counted', false, 'repeats', s.repeats) END AS data,
       s.created_at
  FROM (SELECT p.due_xid, p.scanned, p.is_wanted, p.event_id, p.run_id, r.run_name, e.agent_name,
               e.event_type, e.timestamp, e.parent_event_id, e.previous_event_id,
               e.model, e.tokens_in, e.tokens_out, e.cached_tokens, e.cache_write_tokens, e.reasoning_tokens,
               e.cost, e.cost_source, e.priced_as,
               e.latency_us / 1000.0 AS latency_ms,
               e.is_error, e.data, e.repeats, e.created_at,
               sum(CASE WHEN p.is_wanted THEN octet_length(e.data::text) ELSE 0 END)
                   OVER (ORDER BY p.due_xid, p.run_id, p.event_id
                          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS printed_before
          FROM page AS p
\if :{?distributed}
          JOIN events AS e
            ON e.received_on = p.received_on
           AND e.run_id      = p.run_id
           AND e.event_id    = p.event_id
          JOIN runs AS r
            ON r.run_id = p.run_id
\else
          LEFT JOIN events AS e
            ON p.is_wanted
           AND e.received_on = p.received_on
           AND e.run_id      = p.run_id
           AND e.event_id    = p.event_id
          LEFT JOIN runs AS r
            ON p.is_wanted
           AND r.run_id = p.run_id
\endif
         WHERE coalesce(p.bytes_before, 0) < :'byte_limit'::bigint) AS s
 WHERE coalesce(s.printed_before, 0) < :'print_limit'::bigint
 ORDER BY s.due_xid, s.run_id, s.event_id;
