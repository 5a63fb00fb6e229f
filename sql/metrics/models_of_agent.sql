-- metrics/models_of_agent: calls, tokens and cost of each model by one agent, the highest cost first.
--
-- Events that name no model are not among them.
--
-- params   agent       text         the agent
-- params   from_at     timestamptz  included
-- params   to_at       timestamptz  not included
-- params   row_limit   bigint       rows at most
-- params   after_name  text         optional: the model after which the page begins
-- params   after_cost  numeric      its cost, with after_name
-- returns  model text, calls bigint, errors bigint, tokens_in numeric, tokens_out numeric, cached_tokens numeric, cache_write_tokens numeric, reasoning_tokens numeric, cost numeric, latency_us numeric, exact_cost text
-- rows     up to row_limit
-- index    daily_metrics_pkey
-- plan     index scan of the agent's days, and the agent's deltas
-- try      \set row_limit 1000 \set after_name gpt-4o \set after_cost 0.25 \set agent Researcher \set from_at '2026-11-01' \set to_at '2026-11-24'

SELECT d.model                   AS model,
       sum(d.events)::bigint     AS calls,
       sum(d.errors)::bigint     AS errors,
       sum(d.tokens_in)          AS tokens_in,
       sum(d.tokens_out)         AS tokens_out,
       sum(d.cached_tokens)      AS cached_tokens,
       sum(d.cache_write_tokens) AS cache_write_tokens,
       sum(d.reasoning_tokens)   AS reasoning_tokens,
       sum(d.cost)               AS cost,
       sum(d.latency_us)         AS latency_us,
       sum(d.cost)::text     AS exact_cost
  FROM daily_metrics_parts AS d
 WHERE d.agent_name = :'agent'
   AND d.model <> ''
   AND d.day >= :'from_at'::timestamptz::date
   AND d.day <  :'to_at'::timestamptz::date
 GROUP BY d.model
HAVING sum(d.events) > 0
\if :{?after_name}
   AND (sum(d.cost) < :'after_cost'::numeric
        OR sum(d.cost) = :'after_cost'::numeric AND d.model > :'after_name')
\endif
 ORDER BY cost DESC, model
 LIMIT :'row_limit'::bigint;
