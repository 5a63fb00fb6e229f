-- Forget which transactions moved runs, and drop the index on them.
--
-- locks    runs, for a moment
-- loses    moved_xid: a stream of one agent gets no event from before its run came to that agent

ALTER TABLE runs DROP COLUMN moved_xid;
