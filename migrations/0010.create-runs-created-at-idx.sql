-- Create the index by which a search walks all runs, newest first.
-- locks    runs against writes, for about a second per million of them: ingest waits, or sends again
-- old code safe while it runs
--
-- Not CONCURRENTLY: that waits for every transaction that is open, a dump's for one, and for ever for
-- another process that waits to migrate. Without run_id: PostgreSQL 18 would look up ids in it, skipping
-- from moment to moment, for as long as there are few of those.

CREATE INDEX runs_created_at_idx ON runs (created_at DESC);
