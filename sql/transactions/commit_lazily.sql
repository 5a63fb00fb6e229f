-- transactions/commit_lazily: let this transaction commit without waiting for the disk.
--
-- For what the next, durable commit of the same connection carries along: the log is written in order.
--
-- returns  set_config text
-- rows     one
-- plan     a function call

SELECT set_config('synchronous_commit', 'off', true);
