-- verify/lock_events: block the dropping of partitions until the transaction ends.
--
-- The first statement of a transaction that counts events in one snapshot: a dropped table is gone for
-- older snapshots too, and their runs would have no events. LOCK itself takes no snapshot.
--
-- plan     waits for a running drop; does not block readers and writers

LOCK TABLE events IN ACCESS SHARE MODE;
