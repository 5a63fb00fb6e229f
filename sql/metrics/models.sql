-- metrics/models: calls, tokens and cost of each model of all time, the highest cost first.
--
-- Events that name no model are not among them.
--
-- params   row_limit   bigint   rows at most
-- params   after_name  text     optional: the model after which the page begins
-- params   after_cost  numeric  its cost, with after_name
-- returns  model text, calls bigint, errors bigint, tokens_in numeric, tokens_out numeric, cached_tokens numeric, cache_write_tokens numeric, reasoning_tokens numeric, cost numeric, latency_us numeric, exact_cost text
-- rows     up to row_limit
-- plan     model_totals and the deltas
-- try      \set row_limit 1000 \set after_name gpt-4o \set after_cost 0.25

SELECT t.model,
       t.events AS calls,
       t.errors, t.tokens_in, t.tokens_out, t.cached_tokens, t.cache_write_tokens, t.reasoning_tokens,
       t.cost, t.latency_us,
       t.cost::text AS exact_cost
  FROM model_totals_live AS t
 WHERE t.model <> ''
   AND t.events > 0
\if :{?after_name}
   AND (t.cost < :'after_cost'::numeric
        OR t.cost = :'after_cost'::numeric AND t.model > :'after_name')
\endif
 ORDER BY t.cost DESC, t.model
 LIMIT :'row_limit'::bigint;
