-- prices/lock: let nobody compute costs until the transaction ends.
--
-- params   none
-- returns  nothing
-- rows     none
-- index    none
-- plan     none: waits for the transactions that compute costs, and a dump
-- try      (no parameters)

LOCK TABLE model_prices IN ACCESS EXCLUSIVE MODE;
