-- tail/notify: tell whoever listens in this database that events may have come in.
--
-- By the leader, once a second at the most: a commit that notifies waits for every other that does.
--
-- plan     a message, sent at the commit

NOTIFY gati_events;
