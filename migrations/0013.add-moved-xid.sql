-- Add to runs the transaction that moved them to their agent, for GET /api/events/stream?agent=.
-- locks    runs, for a moment; behind what has read them and not ended, such as a dump, it waits 2 s and fails:
--          all others would wait behind it
-- old code safe while it runs; from a run that it moves, a stream of the agent gets what comes after that

SET LOCAL lock_timeout = '2s';

ALTER TABLE runs ADD COLUMN moved_xid bigint;

COMMENT ON COLUMN runs.moved_xid IS 'The transaction that gave the run to its agent, after its events had another: they are due to that agent''s streams from there on; NULL: never moved';
