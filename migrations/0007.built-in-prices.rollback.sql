-- 0007.built-in-prices, backwards: drop the built-in prices and the tiers of the operator's.
--
-- locks    model_prices, against everyone, until it ends
-- loses    the built-in prices, which prices update loads again, and the file's prices above a number of tokens
-- again    price_patterns, price_providers, model_prices

SET LOCAL lock_timeout = '2s';

DROP TABLE price_patterns;

DROP TABLE price_providers;

DELETE FROM model_prices
 WHERE provider <> ''
    OR above_tokens <> 0;

ALTER TABLE model_prices
    DROP CONSTRAINT model_prices_pkey,
    DROP COLUMN provider,
    DROP COLUMN above_tokens;

ALTER TABLE model_prices
    ADD CONSTRAINT model_prices_pkey PRIMARY KEY (model, valid_from);

COMMENT ON TABLE model_prices IS 'What models cost, in US dollars per million tokens, each from a day on (UTC) until its next price. Always one file as a whole: python -m service prices load FILE.';
