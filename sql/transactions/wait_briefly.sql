-- transactions/wait_briefly: let this transaction wait for each lock for a moment only.
--
-- For the transactions that follow one which waited in vain: what arrived meanwhile has waited too.
--
-- params   none
-- returns  set_config text
-- rows     one
-- index    none
-- plan     a function call
-- try      (no parameters)

SELECT set_config('lock_timeout', '150ms', true);
