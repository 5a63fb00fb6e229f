-- 0011.awaited-spans, backwards: drop the column.
--
-- locks    runs, against everyone, for a moment
-- loses    which spans were awaited: of a call whose spans come in several requests more than one may count

SET LOCAL lock_timeout = '2s';

ALTER TABLE runs
    DROP COLUMN awaited_spans;
