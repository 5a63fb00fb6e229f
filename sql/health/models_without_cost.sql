-- health/models_without_cost: models in use that cost nothing, those with most tokens first; some may be free.
--
-- params   since      date    the first day (UTC)
-- params   row_limit  bigint  at most so many
-- returns  model text, calls bigint, tokens_in numeric, tokens_out numeric, last_day date
-- rows     one per model whose events since then have tokens and cost nothing
-- index    daily_rollups_dimension_day_idx or daily_rollups_pkey
-- plan     the days of the index, one pass over the deltas
-- try      \set since 2026-01-01 \set row_limit 20

SELECT r.name AS model,
       sum(r.events)::bigint                      AS calls,
       sum(r.tokens_in)                           AS tokens_in,
       sum(r.tokens_out)                          AS tokens_out,
       max(r.day) FILTER (WHERE r.events > 0)     AS last_day
  FROM daily_rollups_live AS r
 WHERE r.dimension = 'model'
   AND r.name     <> ''
   AND r.day      >= :'since'::date
 GROUP BY r.name
HAVING sum(r.cost) = 0
   AND sum(r.tokens_in + r.tokens_out) > 0
 ORDER BY sum(r.tokens_in + r.tokens_out) DESC, r.name
 LIMIT :'row_limit'::bigint;
