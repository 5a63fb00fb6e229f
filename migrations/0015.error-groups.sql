-- 0015.error-groups: a fingerprint with each error, by which errors are grouped.
--
-- locks    events, against everyone, until it ends: it reads all events and writes the errors
-- safe     yes: older processes store errors without a fingerprint, which are in no group until `verify --repair`

SET LOCAL lock_timeout = '2s';

ALTER TABLE events
    ADD COLUMN error_fingerprint bigint;

COMMENT ON COLUMN events.error_fingerprint IS 'Of an error: a hash of what it says, without its values (error_texts). Equal for errors of one group';

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

UPDATE events AS e
   SET error_fingerprint = t.counted_fingerprint
  FROM error_texts AS t
 WHERE e.is_error
   AND t.received_on = e.received_on
   AND t.run_id      = e.run_id
   AND t.event_id    = e.event_id;

CREATE INDEX events_timestamp_error_fingerprint_run_id_idx ON events (timestamp)
 INCLUDE (error_fingerprint, run_id)
 WHERE error_fingerprint IS NOT NULL;

COMMENT ON INDEX events_timestamp_error_fingerprint_run_id_idx IS 'The errors of a time, to be grouped without reading the events';

CREATE INDEX events_error_fingerprint_timestamp_idx ON events (error_fingerprint, timestamp)
 WHERE error_fingerprint IS NOT NULL;

COMMENT ON INDEX events_error_fingerprint_timestamp_idx IS 'The newest errors of a group';
