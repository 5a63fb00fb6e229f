-- event_errors: each event, with what its error says where it failed: the one place in SQL that says so.
-- service/ingest/error_text.py says the same in Python, which ingest runs.

CREATE VIEW event_errors AS
SELECT e.received_on, e.run_id, e.event_id, e.timestamp, e.tie, e.event_type, e.is_error, e.error_fingerprint, e.data,
       s.error, s.said
  FROM events AS e
 CROSS JOIN LATERAL jsonb_to_record(CASE WHEN e.is_error THEN e.data END)
       AS d (error jsonb, output jsonb, error_type jsonb, error_message jsonb)
 CROSS JOIN LATERAL jsonb_to_record(CASE WHEN e.is_error THEN
       (SELECT jsonb_build_object(
                   'error', jsonb_build_object(
                       'type', CASE WHEN n.kind IS NOT NULL THEN n.kind
                                    WHEN n.is_named THEN n.head END,
                       'text', CASE WHEN n.text IS NULL OR n.text = n.kind THEN ''
                                    WHEN starts_with(n.text, n.kind || ': ') THEN substr(n.text, length(n.kind) + 3)
                                    WHEN n.kind IS NULL AND n.is_named THEN substr(n.text, length(n.head) + 3)
                                    ELSE n.text END),
                   'said', CASE WHEN starts_with(n.text, n.kind) THEN n.text
                                ELSE concat_ws(': ', n.kind, n.text) END)
          FROM (SELECT t.kind, t.text, t.head,
                       length(t.head) <= 255
                       AND t.head ~ '^(?:[A-Za-z_][A-Za-z0-9_]*[.])*[A-Z][A-Za-z0-9_]*$' AS is_named
                  FROM (SELECT left(f.texts ->> f.kind_place::text, 255) AS kind, l.text, split_part(l.text, ': ', 1) AS head
                          FROM (SELECT jsonb_object_agg(c.place, c.text) AS texts,
                                       min(c.place) FILTER (WHERE c.is_kind AND jsonb_typeof(c.value) = 'string') AS kind_place,
                                       min(c.place) FILTER (WHERE NOT c.is_kind)                                  AS text_place
                                  FROM (SELECT v.place, v.is_kind, v.value,
                                               btrim(v.value #>> '{}', E' \t\n\r\f\x0B') AS text
                                          FROM (VALUES
                                               (CASE jsonb_typeof(d.error)
                                                WHEN 'array' THEN d.error -> 0
                                                ELSE d.error END,
                                                CASE jsonb_typeof(d.output -> 'error')
                                                WHEN 'array' THEN d.output -> 'error' -> 0
                                                ELSE d.output -> 'error' END)) AS i (error, inner_error)
                                         CROSS JOIN LATERAL (VALUES
                                               ( 1, true,  i.error -> 'type'),
                                               ( 2, true,  i.error -> 'name'),
                                               ( 3, true,  i.error -> 'code'),
                                               ( 4, true,  i.inner_error -> 'type'),
                                               ( 5, true,  i.inner_error -> 'name'),
                                               ( 6, true,  i.inner_error -> 'code'),
                                               ( 7, true,  d.error_type),
                                               ( 8, false, i.error),
                                               ( 9, false, i.error -> 'message'),
                                               (10, false, i.error -> 'msg'),
                                               (11, false, i.error -> 'detail'),
                                               (12, false, i.error -> 'error'),
                                               (13, false, i.error -> 'text'),
                                               (14, false, i.error -> 'description'),
                                               (15, false, i.error -> 'reason'),
                                               (16, false, i.inner_error),
                                               (17, false, i.inner_error -> 'message'),
                                               (18, false, i.inner_error -> 'msg'),
                                               (19, false, i.inner_error -> 'detail'),
                                               (20, false, i.inner_error -> 'error'),
                                               (21, false, i.inner_error -> 'text'),
                                               (22, false, i.inner_error -> 'description'),
                                               (23, false, i.inner_error -> 'reason'),
                                               (24, false, d.error_message)) AS v (place, is_kind, value)
                                         WHERE jsonb_typeof(v.value) IN ('string', 'number')) AS c
                                 WHERE lower(c.text) NOT IN ('', 'null', 'none')) AS f
                         CROSS JOIN LATERAL (VALUES (f.texts ->> f.text_place::text)) AS u (text)
                         CROSS JOIN LATERAL (VALUES
                               (left(CASE WHEN starts_with(u.text, 'Traceback (most recent call last)')
                                          THEN ltrim(split_part(u.text, E'\n', -1), E' \t\n\r\f\x0B')
                                          ELSE u.text END, 500))) AS l (text)) AS t) AS n) END)
       AS s (error jsonb, said text);

COMMENT ON VIEW event_errors IS 'Each event, and what its error says where it failed: {type, text}, and both as one text ("Type: message"). Select with received_on and run_id together.';
