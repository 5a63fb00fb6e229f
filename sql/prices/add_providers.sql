-- prices/add_providers: store the providers of the built-in prices.
--
-- params   providers       text[]     their ids
-- params   positions       integer[]  the order in which they are asked
-- params   name_patterns   text[]     their names in front of a model's; NULL: the id alone
-- params   model_patterns  text[]     the models that are theirs where no provider is named; NULL: none
-- params   fallbacks       text[]     who is asked next, each as an array literal
-- plan     one insert per provider
-- try      \set providers '{}' \set positions '{}' \set name_patterns '{}' \set model_patterns '{}' \set fallbacks '{}'

INSERT INTO price_providers (provider, position, name_pattern, model_pattern, fallbacks)
SELECT n.provider, n.position, n.name_pattern, n.model_pattern, n.fallbacks::text[]
  FROM unnest(:'providers'::text[], :'positions'::integer[], :'name_patterns'::text[],
              :'model_patterns'::text[], :'fallbacks'::text[])
    AS n (provider, position, name_pattern, model_pattern, fallbacks);
