-- 0005.prices, backwards: drop what it created.
--
-- locks    what it drops, against everyone, until it ends
-- loses    the prices
-- again    model_prices

SET LOCAL lock_timeout = '2s';

DROP TABLE model_prices;
