-- metrics/models_of_days: calls, tokens and cost of each model in a window of days (UTC), the highest cost first.
--
-- Events that name no model are not among them.
--
-- params   from_at     timestamptz  included
-- params   to_at       timestamptz  not included
-- params   row_limit   bigint       rows at most
-- params   after_name  text         optional: the model after which the page begins
-- params   after_cost  numeric      its cost, with after_name
-- returns  model text, calls bigint, errors bigint, tokens_in numeric, tokens_out numeric, cached_tokens numeric, cache_write_tokens numeric, reasoning_tokens numeric, cost numeric, latency_us numeric, exact_cost text
-- rows     up to row_limit
-- index    daily_rollups_dimension_day_idx
-- plan     index scan of the models' days, and the deltas
-- try      \set row_limit 1000 \set after_name gpt-4o \set after_cost 0.25 \set from_at '2026-11-01' \set to_at '2026-11-24'

SELECT r.name                    AS model,
       sum(r.events)::bigint     AS calls,
       sum(r.errors)::bigint     AS errors,
       sum(r.tokens_in)          AS tokens_in,
       sum(r.tokens_out)         AS tokens_out,
       sum(r.cached_tokens)      AS cached_tokens,
       sum(r.cache_write_tokens) AS cache_write_tokens,
       sum(r.reasoning_tokens)   AS reasoning_tokens,
       sum(r.cost)               AS cost,
       sum(r.latency_us)         AS latency_us,
       sum(r.cost)::text     AS exact_cost
  FROM daily_rollups_parts AS r
 WHERE r.dimension = 'model'
   AND r.name <> ''
   AND r.day >= :'from_at'::timestamptz::date
   AND r.day <  :'to_at'::timestamptz::date
 GROUP BY r.name
HAVING sum(r.events) > 0
\if :{?after_name}
   AND (sum(r.cost) < :'after_cost'::numeric
        OR sum(r.cost) = :'after_cost'::numeric AND r.name > :'after_name')
\endif
 ORDER BY cost DESC, model
 LIMIT :'row_limit'::bigint;
