-- Create the index of the runs that came to an agent, for GET /api/events/stream?agent=.
-- locks    writes of runs wait for as long as reading them takes: about 0.2 s per million
-- old code safe while it runs

CREATE INDEX runs_moved_xid_idx ON runs (agent_name, moved_xid, run_id) WHERE moved_xid IS NOT NULL;

COMMENT ON INDEX runs_moved_xid_idx IS 'Which runs came to an agent behind a place of its live tail. Most runs never move, and have no entry';
