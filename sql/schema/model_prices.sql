-- model_prices: what models cost, to compute the cost of events that were sent without one.

CREATE TABLE model_prices (
    model                   text          NOT NULL,
    valid_from              date          NOT NULL,
    input_per_million       numeric(12,6) NOT NULL,
    output_per_million      numeric(12,6) NOT NULL,
    cache_read_per_million  numeric(12,6),
    cache_write_per_million numeric(12,6),
    source                  text          NOT NULL,
    checked_on              date,
    loaded_at               timestamptz   NOT NULL,
    provider                text          NOT NULL DEFAULT '',
    above_tokens            integer       NOT NULL DEFAULT 0,
    CONSTRAINT model_prices_pkey PRIMARY KEY (provider, model, valid_from, above_tokens),
    CONSTRAINT model_prices_check CHECK (least(input_per_million, output_per_million,
                                               cache_read_per_million, cache_write_per_million) >= 0),
    CONSTRAINT model_prices_above_tokens_check CHECK (above_tokens >= 0)
);

COMMENT ON TABLE model_prices IS 'What models cost, in US dollars per million tokens, each from a day on (UTC) until its next price. The operator''s file as a whole: python -m service prices load FILE. The built-in prices as a whole: python -m service prices update.';

COMMENT ON COLUMN model_prices.provider IS 'Whose price it is, of a built-in one; empty: from the operator''s file, which comes first';

COMMENT ON COLUMN model_prices.above_tokens IS 'The price of calls with more input tokens than this, as of long contexts; 0: of all others';

COMMENT ON COLUMN model_prices.cache_read_per_million IS 'Of input tokens that came from the provider''s cache; NULL: as other input';

COMMENT ON COLUMN model_prices.cache_write_per_million IS 'Of input tokens that went into the provider''s cache; NULL: as other input';

COMMENT ON COLUMN model_prices.loaded_at IS 'The same in every row, and later with each load: by it writers see that prices have changed';
