-- transactions/begin_read: begin a transaction that reads one state and changes nothing.
--
-- For sessions that cannot be told so once and for all: those behind a PgBouncer.
--
-- plan     its snapshot is taken by the first statement that needs one

BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
