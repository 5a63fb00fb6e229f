-- prices/add: store prices with the current time as loaded_at.
--
-- params   models        text[]     the models
-- params   valid_froms   date[]     from which day on (UTC) each costs
-- params   inputs        numeric[]  US dollars per million input tokens
-- params   outputs       numeric[]  per million output tokens
-- params   cache_reads   numeric[]  per million that came from a cache; NULL: as other input
-- params   cache_writes  numeric[]  per million that went into a cache; NULL: as other input
-- params   sources       text[]     where the price is from
-- params   checked_ons   date[]     when it was there; NULL: unknown
-- plan     one insert per price; the clock is read once, under prices/lock, so it differs each time
-- try      \set models '{}' \set valid_froms '{}' \set inputs '{}' \set outputs '{}' \set cache_reads '{}' \set cache_writes '{}' \set sources '{}' \set checked_ons '{}'

INSERT INTO model_prices (model, valid_from, input_per_million, output_per_million,
                          cache_read_per_million, cache_write_per_million, source, checked_on,
                          loaded_at)
SELECT n.model, n.valid_from, n.input, n.output, n.cache_read, n.cache_write, n.source, n.checked_on,
       (SELECT clock_timestamp())
  FROM unnest(:'models'::text[], :'valid_froms'::date[], :'inputs'::numeric[],
              :'outputs'::numeric[], :'cache_reads'::numeric[], :'cache_writes'::numeric[],
              :'sources'::text[], :'checked_ons'::date[])
    AS n (model, valid_from, input, output, cache_read, cache_write, source, checked_on);
