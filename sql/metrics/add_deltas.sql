-- metrics/add_deltas: append the deltas of new events.
--
-- params   quarter_hours   timestamptz[]  of the events
-- params   agent_names     text[]         of their runs, as held
-- params   event_types     text[]
-- params   models          text[]         empty: none
-- params   tools           text[]         empty: none
-- params   events          bigint[]
-- params   errors          bigint[]
-- params   tokens_in       numeric[]
-- params   tokens_out      numeric[]
-- params   cached_tokens   numeric[]
-- params   cache_write_tokens numeric[]
-- params   reasoning_tokens numeric[]
-- params   costs           numeric[]
-- params   latencies_us    numeric[]
-- params   latency_buckets text[]         of each row the array of latency buckets, as text
-- params   latency_counts  text[]         how many events are in each of those, as text
-- plan     appends: no key, no conflict, no lock between writers
-- try      \set quarter_hours '{}' \set agent_names '{}' \set event_types '{}' \set models '{}' \set tools '{}' \set events '{}' \set errors '{}' \set tokens_in '{}' \set tokens_out '{}' \set cached_tokens '{}' \set cache_write_tokens '{}' \set reasoning_tokens '{}' \set costs '{}' \set latencies_us '{}' \set latency_buckets '{}' \set latency_counts '{}'

INSERT INTO metric_deltas (quarter_hour, agent_name, event_type, model, tool, events, errors, tokens_in,
                           tokens_out, cached_tokens, cache_write_tokens, reasoning_tokens,
                           cost, latency_us, latency_buckets, latency_counts)
SELECT n.quarter_hour, n.agent_name, n.event_type, n.model, n.tool, n.events, n.errors, n.tokens_in,
       n.tokens_out, n.cached_tokens, n.cache_write_tokens, n.reasoning_tokens,
       n.cost, n.latency_us,
       n.latency_buckets::smallint[], n.latency_counts::bigint[]
  FROM unnest(:'quarter_hours'::timestamptz[], :'agent_names'::text[], :'event_types'::text[],
              :'models'::text[], :'tools'::text[], :'events'::bigint[], :'errors'::bigint[], :'tokens_in'::numeric[],
              :'tokens_out'::numeric[], :'cached_tokens'::numeric[], :'cache_write_tokens'::numeric[],
              :'reasoning_tokens'::numeric[], :'costs'::numeric[], :'latencies_us'::numeric[],
              :'latency_buckets'::text[], :'latency_counts'::text[])
    AS n (quarter_hour, agent_name, event_type, model, tool, events, errors, tokens_in, tokens_out,
          cached_tokens, cache_write_tokens, reasoning_tokens,
          cost, latency_us, latency_buckets, latency_counts);
