-- sessions/texts: what went into runs first, and what came out last, as texts of up to 2,000 characters.
--
-- The input is that of the first of a run's first 10 events that has one, the output that of the last of its last 10.
-- Of a list of messages, or of an object's `messages`, the last one is taken, in a list.
-- Of an event with much data the value is not printed, since that costs much more than 2,000 characters:
-- sessions/long_text has its text. Much is 64 KB as stored, or 8 KB compressed.
--
-- params   received_ons  date[]  the runs' days
-- params   run_ids       uuid[]  the runs, beside them
-- returns  run_id uuid, received_on date, field text, event_id uuid, text text
-- rows     up to two per run, of its `input` and its `output`; text is NULL where the event has much data
-- index    events_pkey
-- plan     an index scan in one partition per run, sort in memory; then a look-up of up to 20 events per run
-- try      \set received_ons '{2026-11-23}' \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}'

WITH found AS (
    SELECT e.received_on, e.run_id, e.event_id, e.timestamp, e.tie
      FROM unnest(:'received_ons'::date[], :'run_ids'::uuid[]) AS k (received_on, run_id)
      JOIN events AS e
        ON e.received_on = k.received_on
       AND e.run_id      = k.run_id
\if :{?distributed}
       AND e.run_id      = ANY (:'run_ids'::uuid[])
\endif
), placed AS MATERIALIZED (
    SELECT f.received_on, f.run_id, f.event_id,
           row_number() OVER (PARTITION BY f.run_id ORDER BY f.timestamp, f.tie, f.event_id)                AS place,
           row_number() OVER (PARTITION BY f.run_id ORDER BY f.timestamp DESC, f.tie DESC, f.event_id DESC) AS from_end
      FROM found AS f
), having_one AS MATERIALIZED (
    SELECT p.received_on, p.run_id, p.event_id, p.place, p.from_end,
           p.place    <= 10 AND jsonb_path_query_first(e.data, '$.input.type()')  <> '"null"' AS has_input,
           p.from_end <= 10 AND jsonb_path_query_first(e.data, '$.output.type()') <> '"null"' AS has_output,
           pg_column_size(e.data)
           * CASE WHEN pg_column_compression(e.data) IS NULL THEN 1 ELSE 8 END > 65536 AS is_long
      FROM placed AS p
      JOIN events AS e
        ON e.received_on = p.received_on
       AND e.run_id      = p.run_id
       AND e.event_id    = p.event_id
     WHERE p.place    <= 10
        OR p.from_end <= 10
), chosen AS MATERIALIZED (
    SELECT DISTINCT ON (h.run_id, s.field)
           h.received_on, h.run_id, h.event_id, s.field, h.is_long
      FROM having_one AS h
     CROSS JOIN LATERAL (VALUES ('input', h.has_input, h.place), ('output', h.has_output, h.from_end))
           AS s (field, is_there, place)
     WHERE s.is_there
     ORDER BY h.run_id, s.field, s.place
)
SELECT c.run_id, c.received_on, c.field, c.event_id,
       CASE WHEN c.is_long THEN NULL
            WHEN jsonb_typeof(m.last) = 'object' THEN left(jsonb_build_array(m.last)::text, 2000)
            ELSE left(e.data ->> c.field, 2000) END AS text
  FROM chosen AS c
  JOIN events AS e
    ON e.received_on = c.received_on
   AND e.run_id      = c.run_id
   AND e.event_id    = c.event_id
 CROSS JOIN LATERAL (SELECT CASE WHEN NOT c.is_long
                                 THEN coalesce(e.data -> c.field -> 'messages', e.data -> c.field) -> -1 END AS last) AS m
 ORDER BY c.run_id, c.field;
