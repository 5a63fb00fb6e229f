-- metrics/models_of_days: calls, tokens and cost of each model in a window of days (UTC), the highest cost first.
--
-- Events that name no model are not among them.
--
-- params   from_at    timestamptz  included
-- params   to_at      timestamptz  not included
-- returns  model text, calls bigint, errors bigint, tokens_in numeric, tokens_out numeric, cost numeric, latency_us numeric
-- rows     one per model
-- index    daily_rollups_dimension_day_idx
-- plan     index scan of the models' days, and the deltas
-- try      \set from_at '2026-11-01' \set to_at '2026-11-24'

SELECT r.name AS model,
       sum(r.events)::bigint AS calls,
       sum(r.errors)::bigint AS errors,
       sum(r.tokens_in)      AS tokens_in,
       sum(r.tokens_out)     AS tokens_out,
       sum(r.cost)           AS cost,
       sum(r.latency_us)     AS latency_us
  FROM daily_rollups_live AS r
 WHERE r.dimension = 'model'
   AND r.name <> ''
   AND r.day >= :'from_at'::timestamptz::date
   AND r.day <  :'to_at'::timestamptz::date
 GROUP BY r.name
HAVING sum(r.events) > 0
 ORDER BY cost DESC, model;
