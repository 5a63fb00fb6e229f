-- transactional: false
-- Create the index by which a search walks all runs, newest first.
-- locks    nothing that ingest waits for; it waits for transactions that are open, a dump for one
-- old code safe while it runs

-- What an attempt that was broken off has left is not valid.
DROP INDEX CONCURRENTLY IF EXISTS runs_created_at_idx;

-- Without run_id: PostgreSQL 18 would look up ids in it, skipping from moment to moment, for as long
-- as there are few of those.
CREATE INDEX CONCURRENTLY runs_created_at_idx ON runs (created_at DESC);
