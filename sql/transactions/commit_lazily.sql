-- transactions/commit_lazily: let this transaction commit without waiting for the disk.
--
-- Only before a durable commit of the same connection, which flushes this one too: WAL is written in order.
--
-- returns  set_config text
-- rows     one
-- plan     a function call

SELECT set_config('synchronous_commit', 'off', true);
