-- retention/lock_events: lock what dropping a partition needs, the parent first, in the order of all writers.
--
-- params   partition  identifier  its name
-- plan     waits for every reader and writer of events; new ones queue after it
-- try      \set partition events_20260817

LOCK TABLE ONLY events, ONLY :"partition", ONLY events_default IN ACCESS EXCLUSIVE MODE;
