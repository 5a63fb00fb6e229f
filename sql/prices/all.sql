-- prices/all: every price; some thousand rows, which each writer caches.
--
-- returns  provider text, model text, valid_from date, above_tokens integer, input_per_million numeric, output_per_million numeric, cache_read_per_million numeric, cache_write_per_million numeric, source text, checked_on date
-- rows     one per provider, model, number of tokens above which, and day from which on it costs something else
-- index    model_prices_pkey
-- plan     index scan

SELECT p.provider, p.model, p.valid_from, p.above_tokens,
       p.input_per_million, p.output_per_million,
       p.cache_read_per_million, p.cache_write_per_million,
       p.source, p.checked_on
  FROM model_prices AS p
 ORDER BY p.provider, p.model, p.valid_from, p.above_tokens;
