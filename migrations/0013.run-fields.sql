-- 0013.run-fields: give runs their session, user, tags, version and first error.
--
-- locks    runs, against everyone, until it ends: it reads all events and writes the runs that have such a field
-- safe     yes: older processes read the older views, and write runs without the fields; what they store
--          in the meantime has its fields after `verify --repair`

SET LOCAL lock_timeout = '2s';

CREATE VIEW event_fields AS
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

CREATE VIEW run_fields AS
SELECT n.run_id, n.agent_name,
       coalesce(jsonb_object_agg(n.field, n.value)  FILTER (WHERE n.field IS NOT NULL), '{}') AS fields,
       coalesce(jsonb_object_agg(n.field, n.source) FILTER (WHERE n.field IS NOT NULL), '{}') AS sources
  FROM (SELECT DISTINCT ON (r.run_id, r.agent_name, f.field)
               r.run_id, r.agent_name, f.field, f.value,
               jsonb_build_array(k.rank, (extract(epoch FROM f.timestamp) * 1000000)::bigint, f.tie, f.event_id) AS source
          FROM runs AS r
          LEFT JOIN event_fields AS f
            ON f.received_on = r.received_on
           AND f.run_id      = r.run_id
         CROSS JOIN LATERAL (
               SELECT CASE WHEN r.owner_is_root AND f.event_id = r.owner_event_id AND f.field <> 'first_error'
                           THEN 0 ELSE 1 END AS rank) AS k
         ORDER BY r.run_id, r.agent_name, f.field, k.rank, f.timestamp, f.tie, f.event_id) AS n
 GROUP BY n.run_id, n.agent_name;

COMMENT ON VIEW run_fields IS 'The fields of each run, found among its events: the root''s, else the earliest event''s that has one; of errors the earliest. A source is 0 for the root, else 1, the time in microseconds, the tie and the id of its event. Ask with run_id or agent_name.';

ALTER TABLE runs
    ADD COLUMN session_id text,
    ADD COLUMN user_id text,
    ADD COLUMN tags text[] NOT NULL DEFAULT '{}',
    ADD COLUMN version text,
    ADD COLUMN first_error jsonb,
    ADD COLUMN field_sources jsonb NOT NULL DEFAULT '{}';

COMMENT ON COLUMN runs.session_id IS 'The session that the root names, else the earliest event that names one; so are user_id, tags and version';

COMMENT ON COLUMN runs.first_error IS 'The type and the text of the earliest event that is an error';

COMMENT ON COLUMN runs.field_sources IS 'Of each of these fields the event that it is from, as in run_fields: one that comes later may win over it';

UPDATE runs AS r
   SET session_id    = f.fields ->> 'session_id',
       user_id       = f.fields ->> 'user_id',
       tags          = CASE WHEN f.fields -> 'tags' IS NULL THEN '{}'
                            ELSE ARRAY(SELECT jsonb_array_elements_text(f.fields -> 'tags')) END,
       version       = f.fields ->> 'version',
       first_error   = f.fields -> 'first_error',
       field_sources = f.sources
  FROM run_fields AS f
 WHERE r.run_id = f.run_id
   AND f.fields <> '{}';

CREATE INDEX runs_session_id_idx ON runs (session_id, started_at DESC, run_id DESC) WHERE session_id IS NOT NULL;

CREATE INDEX runs_user_id_idx ON runs (user_id, started_at DESC, run_id DESC) WHERE user_id IS NOT NULL;

CREATE INDEX runs_version_idx ON runs (agent_name, version, started_at DESC, run_id DESC) WHERE version IS NOT NULL;

CREATE VIEW shown_runs AS
SELECT r.run_id, r.received_on, r.run_name, r.agent_name, r.environment, r.status,
       r.started_at, r.ended_at, r.last_event_at,
       r.duration_us / 1000.0 AS total_duration_ms,
       r.total_cost, r.tokens_in, r.tokens_out, r.event_count, r.error_count,
       r.session_id, r.user_id, r.tags, r.version, r.first_error,
       r.metadata, r.created_at, r.updated_at
  FROM runs AS r;

COMMENT ON VIEW shown_runs IS 'Runs as the API returns them. Queries select all columns of it, so its columns never change: another set of columns is another view.';

CREATE VIEW paged_runs AS
SELECT r.run_id, r.received_on, r.run_name, r.agent_name, r.environment, r.status,
       r.started_at, r.ended_at, r.last_event_at,
       r.duration_us / 1000.0 AS total_duration_ms,
       r.total_cost, r.tokens_in, r.tokens_out, r.event_count, r.error_count,
       r.session_id, r.user_id, r.tags, r.version, r.first_error,
       CASE WHEN octet_length(r.metadata::text) > 16384
            THEN jsonb_build_object('omitted_bytes', octet_length(r.metadata::text))
            ELSE r.metadata
       END AS metadata,
       r.created_at, r.updated_at
  FROM runs AS r;

COMMENT ON VIEW paged_runs IS 'Runs as lists return them: shown_runs, but metadata above 16 KB is left out, since a page has up to 1,000 runs. Queries select all columns of it, so its columns never change: another set of columns is another view.';

CREATE VIEW written_runs AS
SELECT r.run_id, r.received_on, r.agent_name, r.run_name,
       r.requested_name IS NOT NULL OR r.renamed AS is_named,
       r.environment, r.status, r.started_at, r.ended_at, r.last_event_at,
       r.duration_us / 1000.0 AS total_duration_ms,
       r.total_cost::text     AS total_cost,
       r.tokens_in, r.tokens_out, r.event_count, r.error_count,
       r.session_id, r.user_id, r.tags, r.version, r.first_error,
       r.metadata, r.created_at, r.updated_at
  FROM runs AS r;

COMMENT ON VIEW written_runs IS 'Runs as exports write them. Queries select all columns of it, so its columns never change: another set of columns is another view.';
