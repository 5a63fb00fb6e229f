-- sessions/texts: what went into runs first, and what came out last, as texts of up to 2,000 characters.
--
-- The input is that of the first of a run's first 10 events that has one, the output that of the last of its last 10.
-- Of a list of messages, or of an object's `messages`, the last one is taken, in a list.
--
-- params   received_ons  date[]  the runs' days
-- params   run_ids       uuid[]  the runs, beside them
-- returns  run_id uuid, first_input text, last_output text
-- rows     one per run that has events
-- index    events_pkey
-- plan     an index scan in one partition per run, sort in memory; then a look-up of up to 20 events per run
-- try      \set received_ons '{2026-11-23}' \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}'

WITH found AS (
    SELECT e.received_on, e.run_id, e.event_id, e.timestamp, e.tie
      FROM unnest(:'received_ons'::date[], :'run_ids'::uuid[]) AS k (received_on, run_id)
      JOIN events AS e
        ON e.received_on = k.received_on
       AND e.run_id      = k.run_id
), placed AS MATERIALIZED (
    SELECT f.received_on, f.run_id, f.event_id,
           row_number() OVER (PARTITION BY f.run_id ORDER BY f.timestamp, f.tie, f.event_id)                AS place,
           row_number() OVER (PARTITION BY f.run_id ORDER BY f.timestamp DESC, f.tie DESC, f.event_id DESC) AS from_end
      FROM found AS f
), texts AS (
    SELECT p.run_id, p.place, p.from_end,
           left(CASE WHEN p.place > 10 THEN NULL
                     WHEN jsonb_typeof(m.input -> -1) = 'object' THEN jsonb_build_array(m.input -> -1)::text
                     ELSE e.data ->> 'input' END, 2000) AS input,
           left(CASE WHEN p.from_end > 10 THEN NULL
                     WHEN jsonb_typeof(m.output -> -1) = 'object' THEN jsonb_build_array(m.output -> -1)::text
                     ELSE e.data ->> 'output' END, 2000) AS output
      FROM placed AS p
      JOIN events AS e
        ON e.received_on = p.received_on
       AND e.run_id      = p.run_id
       AND e.event_id    = p.event_id
     CROSS JOIN LATERAL (SELECT coalesce(e.data -> 'input'  -> 'messages', e.data -> 'input')  AS input,
                                coalesce(e.data -> 'output' -> 'messages', e.data -> 'output') AS output) AS m
     WHERE p.place <= 10
        OR p.from_end <= 10
)
SELECT t.run_id,
       (array_agg(t.input  ORDER BY t.place)    FILTER (WHERE t.input  IS NOT NULL))[1] AS first_input,
       (array_agg(t.output ORDER BY t.from_end) FILTER (WHERE t.output IS NOT NULL))[1] AS last_output
  FROM texts AS t
 GROUP BY t.run_id
 ORDER BY t.run_id;
