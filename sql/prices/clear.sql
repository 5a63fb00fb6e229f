-- prices/clear: delete all prices, before others are stored in the same transaction.
--
-- plan     one pass

DELETE FROM model_prices;
