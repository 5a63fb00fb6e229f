-- prices/page: prices in the order of their key, the operator's first.
--
-- params   provider            text     optional: of this provider alone; empty: the operator's
-- params   after_provider      text     optional: the key of the price after which the page begins
-- params   after_model         text     beside it
-- params   after_valid_from    date     beside it
-- params   after_above_tokens  integer  beside it
-- params   row_limit           bigint   rows at most
-- returns  provider text, model text, valid_from date, above_tokens integer, input_per_million numeric, output_per_million numeric, cache_read_per_million numeric, cache_write_per_million numeric, source text, checked_on date
-- rows     up to row_limit
-- index    model_prices_pkey
-- plan     index scan from the cursor on, no sort
-- try      \set provider openai \set after_provider openai \set after_model gpt-4o \set after_valid_from 2024-01-01 \set after_above_tokens 0 \set row_limit 100

SELECT p.provider, p.model, p.valid_from, p.above_tokens,
       p.input_per_million, p.output_per_million,
       p.cache_read_per_million, p.cache_write_per_million,
       p.source, p.checked_on
  FROM model_prices AS p
 WHERE true
\if :{?provider}
   AND p.provider = :'provider'
\endif
\if :{?after_provider}
   AND (p.provider, p.model, p.valid_from, p.above_tokens)
       > (:'after_provider'::text, :'after_model'::text, :'after_valid_from'::date,
          :'after_above_tokens'::integer)
\endif
 ORDER BY p.provider, p.model, p.valid_from, p.above_tokens
 LIMIT :'row_limit'::bigint;
