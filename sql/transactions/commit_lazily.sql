-- transactions/commit_lazily: let this transaction commit without waiting for the disk.
--
-- For what the next, durable commit of the same connection carries along: the log is written in order.
--
-- params   none
-- returns  set_config text
-- rows     one
-- index    none
-- plan     a function call
-- try      (no parameters)

SELECT set_config('synchronous_commit', 'off', true);
