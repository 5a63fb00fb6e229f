-- tail/notify: tell whoever listens in this database that events may have come in.
--
-- By the leader, once a second at the most: a commit that notifies waits for every other that does.
--
-- params   none
-- returns  nothing
-- rows     none
-- index    none
-- plan     none: a message, sent at the commit
-- try      (no parameters)

NOTIFY gati_events;
