-- sessions/long_text: what sessions/texts says of an event with much data, without printing all of the value.
--
-- Of a list or an object above 16 KB, step by step: the values in it up to 16 KB, and then the same of the one that passes
-- it, should that be a list or an object. A value has at most 7 bytes for each of its characters, so what follows is
-- beyond the cut. A text that needs more than ten steps ends with `…`.
--
-- params   received_on  date  the run's day
-- params   run_id       uuid  the run
-- params   event_id     uuid  its event
-- params   field        text  input or output
-- returns  text text
-- rows     one; none when the run does not have the event
-- index    events_pkey
-- plan     one look-up in one partition; of each list or object up to 700 values, which have 3 characters each or more
-- try      \set received_on 2026-11-23 \set run_id 8552f8ec-923d-432c-9bc4-802c92078534 \set event_id 6738206f-76cb-447b-b55e-2647469279a0 \set field input

WITH RECURSIVE shown AS MATERIALIZED (
    SELECT CASE WHEN t.own IN ('array', 'object') THEN NULL
                ELSE left(f.value #>> '{}', 2000) END AS text,
           CASE WHEN t.last = 'object'
                THEN jsonb_build_array(coalesce(f.value -> 'messages', f.value) -> -1)
                WHEN t.own = 'array'
                THEN jsonb_path_query_array(f.value, '$[0 to 699]')
                WHEN t.own = 'object'
                THEN f.value END AS value
      FROM events AS e
     CROSS JOIN LATERAL (SELECT e.data -> :'field' AS value OFFSET 0) AS f  -- else each use takes it out of the data
     CROSS JOIN LATERAL (SELECT jsonb_typeof(f.value) AS own,
                                jsonb_typeof(coalesce(f.value -> 'messages', f.value) -> -1) AS last) AS t
     WHERE e.received_on = :'received_on'::date
       AND e.run_id      = :'run_id'::uuid
       AND e.event_id    = :'event_id'::uuid
), walk AS (
    SELECT 0 AS steps, coalesce(s.text, '') AS text, s.value AS rest
      FROM shown AS s
     UNION ALL
    SELECT w.steps + 1, w.text || n.text, n.rest
      FROM walk AS w
     CROSS JOIN LATERAL (SELECT pg_column_size(r.value) <= 16384 AS is_small, jsonb_typeof(r.value) AS kind
                           FROM LATERAL (SELECT w.rest AS value) AS r) AS k
     CROSS JOIN LATERAL (
           SELECT w.rest::text AS text, NULL::jsonb AS rest
            WHERE k.is_small
            UNION ALL
           SELECT CASE k.kind WHEN 'array' THEN '[' ELSE '{' END
                  || string_agg(c.name || CASE WHEN c.is_large THEN '' ELSE c.shown::text END, ', ' ORDER BY c.place),
                  (array_agg(c.shown) FILTER (WHERE c.is_large))[1]
             FROM (SELECT i.place, i.name, v.shown,
                          pg_column_size(v.shown) > 16384 AS is_large,
                          sum(pg_column_size(v.shown))
                              OVER (ORDER BY i.place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
                     FROM LATERAL (
                          SELECT a.place, '' AS name, a.value
                            FROM jsonb_path_query(CASE k.kind WHEN 'array' THEN w.rest END, '$[0 to 699]')
                                 WITH ORDINALITY AS a (value, place)
                           UNION ALL
                          SELECT o.place, to_json(o.key)::text || ': ', w.rest -> o.key
                            FROM jsonb_object_keys(CASE k.kind WHEN 'object' THEN w.rest END)
                                 WITH ORDINALITY AS o (key, place)
                           WHERE o.place <= 700) AS i
                    CROSS JOIN LATERAL (SELECT CASE jsonb_typeof(i.value)
                                               WHEN 'string' THEN to_jsonb(left(i.value #>> '{}', 2000))
                                               ELSE i.value END AS shown) AS v
                    WHERE NOT k.is_small) AS c
            WHERE coalesce(c.bytes_before, 0) <= 16384
           HAVING count(*) > 0) AS n
     WHERE w.rest IS NOT NULL
       AND w.steps < 10
       AND length(w.text) < 2000
)
SELECT left(w.text || CASE WHEN w.rest IS NULL THEN '' ELSE '…' END, 2000) AS text
  FROM walk AS w
 ORDER BY w.steps DESC
 LIMIT 1;
