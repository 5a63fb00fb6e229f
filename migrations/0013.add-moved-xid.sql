-- Add to runs the transaction that moved them to their agent, for GET /api/events/stream?agent=.
-- locks    runs, for a moment, then against writes for as long as reading them takes: about 0.2 s per million
-- old code safe while it runs; from a run that it moves, a stream of the agent gets what comes after that

ALTER TABLE runs ADD COLUMN moved_xid bigint;

COMMENT ON COLUMN runs.moved_xid IS 'The transaction that gave the run to its agent, after its events had another: they are due to that agent''s streams from there on; NULL: never moved';

CREATE INDEX runs_moved_xid_idx ON runs (agent_name, moved_xid, run_id) WHERE moved_xid IS NOT NULL;

COMMENT ON INDEX runs_moved_xid_idx IS 'Which runs came to an agent behind a place of its live tail. Most runs never move, and have no entry';
