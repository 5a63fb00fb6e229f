-- events/replace: store the ended versions of spans in place of their open ones.
--
-- The writer adds the difference to the totals of the runs, and to the metrics, in the same transaction.
--
-- params   received_ons  date[]     the days of their runs
-- params   run_ids       uuid[]     their runs, held, beside the days
-- params   event_ids     uuid[]     the spans, beside the runs
-- params   agent_names   text[]     beside them, as all that follows
-- params   event_types   text[]
-- params   models        text[]
-- params   tools         text[]
-- params   tokens_in     bigint[]
-- params   tokens_out    bigint[]
-- params   cached_tokens bigint[]
-- params   cache_write_tokens bigint[]
-- params   reasoning_tokens bigint[]
-- params   costs         numeric[]
-- params   cost_sources  text[]
-- params   latencies_us  bigint[]
-- params   is_errors     boolean[]
-- params   fingerprints  bigint[]
-- params   priced_as     jsonb[]
-- params   repeats       uuid[]
-- params   datas         jsonb[]
-- index    events_pkey
-- plan     one look-up in one partition per event
-- try      \set received_ons '{}' \set run_ids '{}' \set event_ids '{}' \set agent_names '{}' \set event_types '{}' \set models '{}' \set tools '{}' \set tokens_in '{}' \set tokens_out '{}' \set cached_tokens '{}' \set cache_write_tokens '{}' \set reasoning_tokens '{}' \set costs '{}' \set cost_sources '{}' \set latencies_us '{}' \set is_errors '{}' \set fingerprints '{}' \set priced_as '{}' \set repeats '{}' \set datas '{}'

UPDATE events AS e
   SET agent_name         = n.agent_name,
       event_type         = n.event_type,
       model              = n.model,
       tool               = n.tool,
       tokens_in          = n.tokens_in,
       tokens_out         = n.tokens_out,
       cached_tokens      = n.cached_tokens,
       cache_write_tokens = n.cache_write_tokens,
       reasoning_tokens   = n.reasoning_tokens,
       cost               = n.cost,
       cost_source        = n.cost_source,
       latency_us         = n.latency_us,
       is_error           = n.is_error,
       error_fingerprint  = n.error_fingerprint,
       priced_as          = n.priced_as,
       repeats            = n.repeats,
       data               = n.data
  FROM unnest(:'received_ons'::date[], :'run_ids'::uuid[], :'event_ids'::uuid[], :'agent_names'::text[],
              :'event_types'::text[], :'models'::text[], :'tools'::text[], :'tokens_in'::bigint[],
              :'tokens_out'::bigint[], :'cached_tokens'::bigint[], :'cache_write_tokens'::bigint[],
              :'reasoning_tokens'::bigint[], :'costs'::numeric[], :'cost_sources'::text[],
              :'latencies_us'::bigint[], :'is_errors'::boolean[], :'fingerprints'::bigint[],
              :'priced_as'::jsonb[], :'repeats'::uuid[], :'datas'::jsonb[])
    AS n (received_on, run_id, event_id, agent_name, event_type, model, tool, tokens_in, tokens_out,
          cached_tokens, cache_write_tokens, reasoning_tokens, cost, cost_source, latency_us, is_error,
          error_fingerprint, priced_as, repeats, data)
 WHERE e.received_on = n.received_on
   AND e.run_id      = n.run_id
   AND e.event_id    = n.event_id
\if :{?distributed}
   AND e.run_id = ANY (:'run_ids'::uuid[])
\endif
;
