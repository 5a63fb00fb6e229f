-- transactions/set_lock_timeout: set this session's lock_timeout.
--
-- Shorter after a lock timeout, because the requests that arrived meanwhile have waited too.
-- For the session, because a request that reserves numbers is two transactions.
--
-- params   timeout  text  such as 150ms
-- returns  set_config text
-- rows     one
-- plan     a function call
-- try      \set timeout 150ms

SELECT set_config('lock_timeout', :'timeout'::text, false);
