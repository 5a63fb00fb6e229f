-- 0007.built-in-prices: prices that come with the service, beside those of the operator's file, with tiers.
--
-- locks    model_prices, against everyone, until it ends
-- safe     yes: writers of before read the same rows; they know no tier

SET LOCAL lock_timeout = '2s';

ALTER TABLE model_prices
    ADD COLUMN provider     text    NOT NULL DEFAULT '',
    ADD COLUMN above_tokens integer NOT NULL DEFAULT 0,
    ADD CONSTRAINT model_prices_above_tokens_check CHECK (above_tokens >= 0),
    DROP CONSTRAINT model_prices_pkey;

ALTER TABLE model_prices
    ADD CONSTRAINT model_prices_pkey PRIMARY KEY (provider, model, valid_from, above_tokens);

COMMENT ON TABLE model_prices IS 'What models cost, in US dollars per million tokens, each from a day on (UTC) until its next price. The operator''s file as a whole: python -m service prices load FILE. The built-in prices as a whole: python -m service prices update.';

COMMENT ON COLUMN model_prices.provider IS 'Whose price it is, of a built-in one; empty: from the operator''s file, which comes first';

COMMENT ON COLUMN model_prices.above_tokens IS 'The price of calls with more input tokens than this, as of long contexts; 0: of all others';

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

CREATE TABLE price_patterns (
    provider text    NOT NULL,
    position integer NOT NULL,
    model    text    NOT NULL,
    pattern  text    NOT NULL,
    CONSTRAINT price_patterns_pkey PRIMARY KEY (provider, position)
);

COMMENT ON TABLE price_patterns IS 'Which names mean a model of the built-in prices: the first pattern that is found in the lower-case name';
