-- 0005.prices: create the prices of models, from which the cost of an event without one is computed.
--
-- locks    nothing that exists
-- safe     yes: no code runs before the first release

SET LOCAL lock_timeout = '2s';

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
    CONSTRAINT model_prices_pkey PRIMARY KEY (model, valid_from),
    CONSTRAINT model_prices_check CHECK (least(input_per_million, output_per_million,
                                               cache_read_per_million, cache_write_per_million) >= 0)
);

COMMENT ON TABLE model_prices IS 'What models cost, in US dollars per million tokens, each from a day on (UTC) until its next price. Always one file as a whole: python -m service prices load FILE.';

COMMENT ON COLUMN model_prices.cache_read_per_million IS 'Of input tokens that came from the provider''s cache; NULL: as other input';

COMMENT ON COLUMN model_prices.cache_write_per_million IS 'Of input tokens that went into the provider''s cache; NULL: as other input';

COMMENT ON COLUMN model_prices.loaded_at IS 'The same in every row, and later with each load: by it writers see that prices have changed';
