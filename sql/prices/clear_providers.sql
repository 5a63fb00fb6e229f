-- prices/clear_providers: delete the providers of the built-in prices, before others are stored.
--
-- plan     one pass

DELETE FROM price_providers;
