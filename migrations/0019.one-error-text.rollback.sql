-- 0019.one-error-text, backwards: two rules again.
--
-- locks    runs, against writers, until it ends: as on the way there
-- loses    nothing: first_error is set again by the older rule
-- again    runs.first_error

SET LOCAL lock_timeout = '2s';

DROP VIEW error_texts;

CREATE VIEW error_texts AS
SELECT n.received_on, n.run_id, n.event_id, n.event_type, n.name, n.error_fingerprint, n.said,
       ('x' || encode(substr(sha256(convert_to(n.without_values, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint
           AS counted_fingerprint
  FROM (SELECT s.received_on, s.run_id, s.event_id, s.event_type, s.name, s.error_fingerprint, s.said,
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
          FROM (SELECT p.received_on, p.run_id, p.event_id, p.event_type, p.name, p.error_fingerprint,
                       coalesce(CASE WHEN starts_with(p.text, p.kind) THEN p.text
                                     ELSE concat_ws(': ', p.kind, p.text) END, '') AS said
                  FROM (SELECT i.received_on, i.run_id, i.event_id, i.event_type, i.name, i.error_fingerprint,
                               (SELECT left(btrim(c.value #>> '{}', E' \t\n\r\f\v'), 255)
                                  FROM unnest(ARRAY[i.error -> 'type', i.error -> 'name', i.error -> 'code',
                                                    i.inner_error -> 'type', i.inner_error -> 'name',
                                                    i.inner_error -> 'code', i.error_type])
                                       WITH ORDINALITY AS c (value, place)
                                 WHERE jsonb_typeof(c.value) = 'string'
                                   AND lower(btrim(c.value #>> '{}', E' \t\n\r\f\v')) NOT IN ('', 'null', 'none')
                                 ORDER BY c.place
                                 LIMIT 1) AS kind,
                               (SELECT left(CASE WHEN starts_with(btrim(c.value #>> '{}', E' \t\n\r\f\v'),
                                                                  'Traceback (most recent call last)')
                                                 THEN ltrim(split_part(btrim(c.value #>> '{}', E' \t\n\r\f\v'), E'\n', -1),
                                                            E' \t\n\r\f\v')
                                                 ELSE btrim(c.value #>> '{}', E' \t\n\r\f\v') END, 2000)
                                  FROM unnest(ARRAY[i.error, i.error -> 'message', i.error -> 'msg',
                                                    i.error -> 'detail', i.error -> 'error', i.error -> 'text',
                                                    i.error -> 'description', i.error -> 'reason',
                                                    i.inner_error, i.inner_error -> 'message', i.inner_error -> 'msg',
                                                    i.inner_error -> 'detail', i.inner_error -> 'error',
                                                    i.inner_error -> 'text', i.inner_error -> 'description',
                                                    i.inner_error -> 'reason', i.error_message])
                                       WITH ORDINALITY AS c (value, place)
                                 WHERE jsonb_typeof(c.value) IN ('string', 'number')
                                   AND lower(btrim(c.value #>> '{}', E' \t\n\r\f\v')) NOT IN ('', 'null', 'none')
                                 ORDER BY c.place
                                 LIMIT 1) AS text
                          FROM (SELECT e.received_on, e.run_id, e.event_id, e.event_type, e.error_fingerprint,
                                       left(coalesce(e.data ->> 'name', e.data ->> 'tool_name',
                                                     e.data ->> 'step_name', e.data ->> 'node_name'), 255) AS name,
                                       CASE WHEN jsonb_typeof(e.data -> 'error') = 'array'
                                            THEN e.data -> 'error' -> 0
                                            ELSE e.data -> 'error' END AS error,
                                       CASE WHEN jsonb_typeof(e.data -> 'output' -> 'error') = 'array'
                                            THEN e.data -> 'output' -> 'error' -> 0
                                            ELSE e.data -> 'output' -> 'error' END AS inner_error,
                                       e.data -> 'error_type'    AS error_type,
                                       e.data -> 'error_message' AS error_message
                                  FROM events AS e
                                 WHERE e.is_error) AS i) AS p) AS s) AS n;

COMMENT ON VIEW error_texts IS 'What each error says ("Type: message"), the name of the tool, step or span in which it happened, the fingerprint that is stored with it and the one that follows from what it says. Select with received_on and run_id together.';

DO $$
BEGIN
    IF to_regrole('gati_read') IS NOT NULL THEN
        GRANT SELECT ON error_texts TO gati_read;
    END IF;
END $$;

CREATE OR REPLACE VIEW event_fields AS
SELECT e.received_on, e.run_id, e.event_id, e.timestamp, e.tie, s.field, v.value
  FROM events AS e
 CROSS JOIN LATERAL (VALUES ('session_id', e.data -> 'session_id'),
                            ('user_id',    e.data -> 'user_id'),
                            ('version',    e.data -> 'version'),
                            ('tags',       e.data -> 'tags'),
                            ('first_error', CASE WHEN e.is_error THEN e.data END)) AS s (field, sent)
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
       WHEN 'first_error' THEN
           (SELECT jsonb_build_object(
                       'type', left(x.type, 200),
                       'text', left(coalesce(nullif(CASE WHEN starts_with(x.text, x.type || ': ')
                                                         THEN substr(x.text, length(x.type) + 3)
                                                         ELSE x.text END, ''), 'error'), 500))
              FROM (SELECT coalesce(jsonb_path_query_first(s.sent, 'strict $.error.type ? (@.type() == "string" && @ != "")', '{}', true),
                                    jsonb_path_query_first(s.sent, 'strict $.output.error.type ? (@.type() == "string" && @ != "")', '{}', true),
                                    jsonb_path_query_first(s.sent, 'strict $.error_type ? (@.type() == "string" && @ != "")', '{}', true))
                               #>> '{}' AS type,
                           coalesce(jsonb_path_query_first(s.sent, 'strict $.error.message ? (@.type() == "string" && @ != "")', '{}', true),
                                    jsonb_path_query_first(s.sent, 'strict $.error ? (@.type() == "string" && @ != "")', '{}', true),
                                    jsonb_path_query_first(s.sent, 'strict $.output.error.message ? (@.type() == "string" && @ != "")', '{}', true),
                                    jsonb_path_query_first(s.sent, 'strict $.output.error ? (@.type() == "string" && @ != "")', '{}', true))
                               #>> '{}' AS text) AS x)
       ELSE
           to_jsonb(CASE jsonb_typeof(s.sent)
                    WHEN 'string' THEN nullif(left(s.sent #>> '{}', 200), '')
                    WHEN 'number' THEN CASE WHEN abs(s.sent::numeric) < 1e15
                                             AND s.sent::numeric = trunc(s.sent::numeric)
                                            THEN trunc(s.sent::numeric)::text END END)
       END AS value) AS v
 WHERE s.sent IS NOT NULL
   AND v.value IS NOT NULL;

COMMENT ON VIEW event_fields IS 'What each event says of its run. Select with received_on and run_id together.';

DROP VIEW event_errors;

LOCK TABLE runs IN SHARE ROW EXCLUSIVE MODE;

UPDATE runs AS r
   SET first_error = f.value
  FROM event_fields AS f
 WHERE r.first_error IS NOT NULL
   AND f.received_on = r.received_on
   AND f.run_id      = r.run_id
   AND f.event_id    = (r.field_sources -> 'first_error' ->> 3)::uuid
   AND f.field       = 'first_error'
   AND r.first_error <> f.value;
