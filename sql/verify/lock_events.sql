-- verify/lock_events: let no partition of events be dropped until the transaction ends.
--
-- The first statement of a transaction that counts events in one snapshot: a dropped table is gone for
-- older snapshots too, and their runs would have no events. LOCK itself takes no snapshot.
--
-- plan     waits for a drop that is under way; readers and writers are not disturbed

LOCK TABLE events IN ACCESS SHARE MODE;
