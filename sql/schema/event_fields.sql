-- event_fields: what each event says of its run, a row for each field that it has.
-- service/ingest/run_fields.py reads the same before the event is stored; what an error says is in event_errors.

CREATE VIEW event_fields AS
SELECT e.received_on, e.run_id, e.event_id, e.timestamp, e.tie, s.field, v.value
  FROM event_errors AS e
 CROSS JOIN LATERAL jsonb_to_record(e.data) AS d (session_id jsonb, user_id jsonb, version jsonb, tags jsonb)
 CROSS JOIN LATERAL (VALUES ('session_id',  d.session_id),
                            ('user_id',     d.user_id),
                            ('version',     d.version),
                            ('tags',        d.tags),
                            ('first_error', e.error)) AS s (field, sent)
 CROSS JOIN LATERAL (VALUES (
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
       END)) AS v (value)
 WHERE s.sent IS NOT NULL
   AND v.value IS NOT NULL;

COMMENT ON VIEW event_fields IS 'What each event says of its run. Select with received_on and run_id together.';
