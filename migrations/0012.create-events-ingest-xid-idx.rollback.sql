-- Create the index of the order in which events were committed, backwards.
--
-- locks    events, for a moment
-- loses    nothing

DROP INDEX events_ingest_xid_idx;
