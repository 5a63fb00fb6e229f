-- transactions/end_read: end a transaction that read.
--
-- params   none
-- returns  nothing
-- rows     none
-- index    none
-- plan     none
-- try      (no parameters)

COMMIT;
