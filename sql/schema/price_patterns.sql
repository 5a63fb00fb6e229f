-- price_patterns: which names mean a model of the built-in prices.

CREATE TABLE price_patterns (
    provider text    NOT NULL,
    position integer NOT NULL,
    model    text    NOT NULL,
    pattern  text    NOT NULL,
    CONSTRAINT price_patterns_pkey PRIMARY KEY (provider, position)
);

COMMENT ON TABLE price_patterns IS 'Which names mean a model of the built-in prices: the first pattern that is found in the lower-case name';
