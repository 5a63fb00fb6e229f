-- 0011.calls, backwards: drop the view and the columns.
--
-- locks    runs, events and the view, against everyone, for a moment
-- loses    which spans were awaited, so of a call whose spans come in several requests more than one may count;
--          from which price each cost is
-- lost     price-sources  events.priced_as
--          from which price each cost is; prices reprice says it again, by the prices of then
-- lost     awaited-spans  runs.awaited_spans
--          around which calls a span is still to come: of such a call more than one may count

SET LOCAL lock_timeout = '2s';

DROP VIEW priced_events;

ALTER TABLE events
    DROP COLUMN priced_as;

ALTER TABLE runs
    DROP COLUMN awaited_spans;
