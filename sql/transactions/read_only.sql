-- transactions/read_only: let this session change nothing, where no start-up option may say so.
--
-- params   none
-- returns  nothing
-- rows     none
-- index    none
-- plan     a setting of the session
-- try      (no parameters)

SET default_transaction_read_only = on;
