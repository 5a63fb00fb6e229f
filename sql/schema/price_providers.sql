-- price_providers: the providers of the built-in prices, and which names are theirs.

CREATE TABLE price_providers (
    provider       text     NOT NULL,
    position       integer  NOT NULL,
    name_pattern   text,
    model_pattern  text,
    fallbacks      text[]   NOT NULL,
    CONSTRAINT price_providers_pkey PRIMARY KEY (provider)
);

COMMENT ON TABLE price_providers IS 'The providers of the built-in prices. Patterns are regular expressions of Python, searched in lower-case text.';

COMMENT ON COLUMN price_providers.name_pattern IS 'The names of the provider in front of a model''s name, besides its id';

COMMENT ON COLUMN price_providers.model_pattern IS 'Names of models that are taken for this provider''s where none is named; NULL: no name is';

COMMENT ON COLUMN price_providers.fallbacks IS 'Providers that are asked for a model that this one does not list, in this order';
