-- transactions/commit: end the transaction and keep what it did.
--
-- Where a statement of a pipeline is to follow it in the same round trip.
--
-- params   none
-- returns  nothing
-- rows     none
-- index    none
-- plan     none
-- try      (no parameters)

COMMIT;
