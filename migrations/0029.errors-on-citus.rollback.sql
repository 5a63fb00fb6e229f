-- 0029.errors-on-citus, backwards: on Citus, what events say cannot be asked for again.
--
-- locks    three views of events, against everyone, for an instant
-- loses    nothing

SET LOCAL lock_timeout = '2s';

CREATE OR REPLACE VIEW event_errors AS
SELECT e.received_on, e.run_id, e.event_id, e.timestamp, e.tie, e.event_type, e.is_error, e.error_fingerprint, e.data,
       s.error, s.said
  FROM events AS e
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
                                          FROM jsonb_to_record(e.data)
                                               AS d (error jsonb, output jsonb, error_type jsonb, error_message jsonb)
                                         CROSS JOIN LATERAL (VALUES
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

CREATE OR REPLACE VIEW error_texts AS
SELECT n.received_on, n.run_id, n.event_id, n.event_type, n.name, n.error_fingerprint, n.said,
       ('x' || encode(substr(sha256(convert_to(n.without_values, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint
           AS counted_fingerprint,
       n.type, n.text
  FROM (SELECT s.received_on, s.run_id, s.event_id, s.event_type, s.name, s.error_fingerprint, s.said, s.type, s.text,
               regexp_replace(
               regexp_replace(
               regexp_replace(
               regexp_replace(
               regexp_replace(
                   btrim(
                   regexp_replace(
                   regexp_replace(left(s.said, 500),
                                  '[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+', '', 'g'),
                                  '[\u0001-\u0020\u007f\u0085\u00a0\u2000-\u200a\u2028\u2029\u202f\u3000]+', ' ', 'g'),
                         ' '),
                   '^(?:[A-Za-z_][A-Za-z0-9_]*[.])+', ''),
                   '(?<![A-Za-z0-9])(?:''[^'']*''|"[^"]*"|`[^`]*`)', '…', 'g'),
                   '://[^ ()<>"''`]*', '…', 'g'),
                   '(?<![^ ()\[\]{}<>,;=|"''`…])'
                   '[^ ()\[\]{}<>,;=|"''`…/\\0-9\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u09ef\uff10-\uff19]*'
                   '[/\\0-9\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u09ef\uff10-\uff19]'
                   '[^ ()\[\]{}<>,;=|"''`…]*', '…', 'g'),
                   '…(?:[ ,]+…)+', '…', 'g') AS without_values
          FROM (SELECT e.received_on, e.run_id, e.event_id, e.event_type, e.error_fingerprint, e.said,
                       e.error ->> 'type' AS type, e.error ->> 'text' AS text,
                       (SELECT CASE WHEN jsonb_typeof(v.name) IN ('array', 'object') AND pg_column_size(v.name) > 2000 THEN '…'
                                    ELSE left(v.name #>> '{}', 255) END
                          FROM jsonb_to_record(e.data) AS d (name jsonb, tool_name jsonb, step_name jsonb, node_name jsonb)
                         CROSS JOIN LATERAL (SELECT coalesce(d.name, d.tool_name, d.step_name, d.node_name) AS name) AS v) AS name
                  FROM event_errors AS e
                 WHERE e.is_error) AS s) AS n;

CREATE OR REPLACE VIEW event_fields AS
SELECT e.received_on, e.run_id, e.event_id, e.timestamp, e.tie, s.field, v.value
  FROM event_errors AS e
 CROSS JOIN LATERAL (VALUES ('session_id', e.data -> 'session_id'),
                            ('user_id',    e.data -> 'user_id'),
                            ('version',    e.data -> 'version'),
                            ('tags',       e.data -> 'tags'),
                            ('first_error', e.error)) AS s (field, sent)
 CROSS JOIN LATERAL (SELECT
       CASE s.field
       WHEN 'tags' THEN
           (SELECT nullif(jsonb_agg(t.tag ORDER BY t.place), '[]')
              FROM (SELECT u.place, left(u.tag #>> '{}', 100) AS tag
                      FROM jsonb_array_elements(CASE jsonb_typeof(s.sent) WHEN 'array' THEN s.sent
                                                     ELSE jsonb_build_array(s.sent) END)
                           WITH ORDINALITY AS u (tag, place)
                     WHERE jsonb_typeof(u.tag) = 'string'
                       AND u.tag <> '""'
                     ORDER BY u.place
                     LIMIT 50) AS t)
       WHEN 'first_error' THEN s.sent
       ELSE
           to_jsonb(CASE jsonb_typeof(s.sent)
                    WHEN 'string' THEN nullif(left(s.sent #>> '{}', 200), '')
                    WHEN 'number' THEN CASE WHEN abs(s.sent::numeric) < 1e15
                                             AND s.sent::numeric = trunc(s.sent::numeric)
                                            THEN trunc(s.sent::numeric)::text END END)
       END AS value) AS v
 WHERE s.sent IS NOT NULL
   AND v.value IS NOT NULL;
