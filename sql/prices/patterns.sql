-- prices/patterns: which names mean which model of the built-in prices.
--
-- returns  provider text, model text, pattern text
-- rows     one per model, by provider in the order in which they are tried
-- index    price_patterns_pkey
-- plan     index scan

SELECT p.provider, p.model, p.pattern
  FROM price_patterns AS p
 ORDER BY p.provider, p.position;
