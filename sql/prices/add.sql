-- prices/add: store prices; prices/stamp then sets loaded_at of all.
--
-- params   providers     text[]     whose prices; empty: the operator's
-- params   models        text[]     the models
-- params   valid_froms   date[]     from which day on (UTC) each costs
-- params   above_tokens  integer[]  of calls with more input tokens than this
-- params   inputs        numeric[]  US dollars per million input tokens
-- params   outputs       numeric[]  per million output tokens
-- params   cache_reads   numeric[]  per million that came from a cache; NULL: as other input
-- params   cache_writes  numeric[]  per million that went into a cache; NULL: as other input
-- params   sources       text[]     where the price is from
-- params   checked_ons   date[]     when it was there; NULL: unknown
-- plan     one insert per price
-- try      \set providers '{}' \set models '{}' \set valid_froms '{}' \set above_tokens '{}' \set inputs '{}' \set outputs '{}' \set cache_reads '{}' \set cache_writes '{}' \set sources '{}' \set checked_ons '{}'

INSERT INTO model_prices (provider, model, valid_from, above_tokens, input_per_million,
                          output_per_million, cache_read_per_million, cache_write_per_million,
                          source, checked_on, loaded_at)
SELECT n.provider, n.model, n.valid_from, n.above_tokens, n.input, n.output, n.cache_read,
       n.cache_write, n.source, n.checked_on, 'epoch'
  FROM unnest(:'providers'::text[], :'models'::text[], :'valid_froms'::date[],
              :'above_tokens'::integer[], :'inputs'::numeric[], :'outputs'::numeric[],
              :'cache_reads'::numeric[], :'cache_writes'::numeric[], :'sources'::text[],
              :'checked_ons'::date[])
    AS n (provider, model, valid_from, above_tokens, input, output, cache_read, cache_write,
          source, checked_on);
