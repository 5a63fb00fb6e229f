-- transactions/begin_read: begin a read-only transaction with one snapshot.
--
-- For connections through PgBouncer, where a session keeps no settings.
--
-- plan     the first statement that needs a snapshot takes it

BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
