-- error_texts: each error, with what it says (event_errors) and the fingerprint that follows from it: the one place in
-- SQL that says so. service/ingest/error_fingerprint.py says the same in Python, which ingest runs. A name is cut as in runs/trace.

CREATE VIEW error_texts AS
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
                       CASE WHEN jsonb_typeof(v.name) IN ('array', 'object') AND pg_column_size(v.name) > 2000 THEN '…'
                            ELSE left(v.name #>> '{}', 255) END AS name
                  FROM event_errors AS e
                 CROSS JOIN LATERAL jsonb_to_record(e.data)
                       AS d (name jsonb, tool_name jsonb, step_name jsonb, node_name jsonb)
                 CROSS JOIN LATERAL (VALUES (coalesce(d.name, d.tool_name, d.step_name, d.node_name))) AS v (name)
                 WHERE e.is_error) AS s) AS n;

COMMENT ON VIEW error_texts IS 'What each error says ("Type: message", and its type and text apart), the name of the tool, step or span in which it happened, the fingerprint that is stored with it and the one that follows from what it says. Select with received_on and run_id together.';
