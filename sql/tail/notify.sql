-- tail/notify: notify the sessions that listen in this database that events may have been stored.
--
-- The leader runs it at most once a second, because commits that notify wait for each other.
--
-- plan     a message, sent at the commit

NOTIFY gati_events;
