-- Forget which transactions moved runs.
--
-- locks    runs, for a moment
-- loses    moved_xid: a stream of one agent gets no event from before its run came to that agent

SET LOCAL lock_timeout = '2s';

ALTER TABLE runs DROP COLUMN moved_xid;
