-- prices/add_patterns: store which names mean which model of the built-in prices.
--
-- params   providers  text[]     their providers
-- params   positions  integer[]  the order in which a provider's patterns are tried
-- params   models     text[]     the models, as in model_prices
-- params   patterns   text[]     regular expressions
-- plan     one insert per pattern
-- try      \set providers '{}' \set positions '{}' \set models '{}' \set patterns '{}'

INSERT INTO price_patterns (provider, position, model, pattern)
SELECT n.provider, n.position, n.model, n.pattern
  FROM unnest(:'providers'::text[], :'positions'::integer[], :'models'::text[], :'patterns'::text[])
    AS n (provider, position, model, pattern);
