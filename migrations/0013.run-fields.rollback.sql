-- 0013.run-fields, backwards: drop the views and the columns.
--
-- locks    runs, against everyone, until it ends
-- loses    nothing: events still have what the fields were read from
-- again    runs.session_id, runs.user_id, runs.tags, runs.version, runs.first_error, runs.field_sources

SET LOCAL lock_timeout = '2s';

DROP VIEW shown_runs;

DROP VIEW paged_runs;

DROP VIEW written_runs;

DROP VIEW run_fields;

DROP VIEW event_fields;

ALTER TABLE runs
    DROP COLUMN session_id,
    DROP COLUMN user_id,
    DROP COLUMN tags,
    DROP COLUMN version,
    DROP COLUMN first_error,
    DROP COLUMN field_sources;
