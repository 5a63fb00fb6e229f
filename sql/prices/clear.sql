-- prices/clear: remove all prices, to put others in their place in the same transaction.
--
-- plan     one pass

DELETE FROM model_prices;
