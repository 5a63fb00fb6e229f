-- prices/clear_patterns: delete the names of the built-in prices' models, before others are stored.
--
-- plan     one pass

DELETE FROM price_patterns;
