-- transactions/set_lock_timeout: let this session wait for each lock for so long.
--
-- A short while after a transaction that waited in vain, since what arrived meanwhile has waited too.
-- For the session: one that reserves numbers is two transactions.
--
-- params   timeout  text  such as 150ms
-- returns  set_config text
-- rows     one
-- plan     a function call
-- try      \set timeout 150ms

SELECT set_config('lock_timeout', :'timeout'::text, false);
