-- 0011.calls, backwards: drop the view and the columns.
--
-- locks    runs, events and the view, against everyone, for a moment
-- loses    which spans were awaited, so of a call whose spans come in several requests more than one may count;
--          from which price each cost is

SET LOCAL lock_timeout = '2s';

DROP VIEW priced_events;

ALTER TABLE events
    DROP COLUMN priced_as;

ALTER TABLE runs
    DROP COLUMN awaited_spans;
