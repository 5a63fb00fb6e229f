-- Drop the index of the runs that came to an agent.
--
-- locks    runs, for a moment
-- loses    nothing

DROP INDEX runs_moved_xid_idx;
