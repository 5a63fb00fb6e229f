-- retention/lock_events: lock what dropping a partition needs, the parent first, as everybody does.
--
-- params   partition  identifier  its name
-- plan     waits for every reader and writer of events, and meanwhile lets no new one in
-- try      \set partition events_20260817

LOCK TABLE ONLY events, ONLY :"partition", ONLY events_default IN ACCESS EXCLUSIVE MODE;
