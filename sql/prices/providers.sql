-- prices/providers: the providers of the built-in prices, in the order in which they are asked.
--
-- returns  provider text, name_pattern text, model_pattern text, fallbacks text[]
-- rows     one per provider
-- plan     one pass over some fifty rows, sort

SELECT p.provider, p.name_pattern, p.model_pattern, p.fallbacks
  FROM price_providers AS p
 ORDER BY p.position;
