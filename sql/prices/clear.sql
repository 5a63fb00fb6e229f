-- prices/clear: remove all prices, to put others in their place in the same transaction.
--
-- params   none
-- returns  nothing
-- rows     none
-- index    none
-- plan     one pass
-- try      (no parameters)

DELETE FROM model_prices;
