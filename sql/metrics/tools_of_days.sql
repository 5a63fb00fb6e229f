-- metrics/tools_of_days: calls, errors and latency of each tool in a window of days (UTC), the most calls first.
--
-- Calls that name no tool are not among them.
--
-- params   from_at      timestamptz  included
-- params   to_at        timestamptz  not included
-- params   row_limit    bigint       rows at most
-- params   after_name   text         optional: the tool after which the page begins
-- params   after_calls  numeric      its calls, with after_name
-- returns  tool text, calls bigint, errors bigint, cost numeric, latency_us numeric
-- rows     up to row_limit
-- index    daily_rollups_dimension_day_idx
-- plan     index scan of the tools' days, and the deltas
-- try      \set row_limit 1000 \set after_name search \set after_calls 25 \set from_at '2026-11-01' \set to_at '2026-11-24'

SELECT r.name AS tool,
       sum(r.events)::bigint AS calls,
       sum(r.errors)::bigint AS errors,
       sum(r.cost)           AS cost,
       sum(r.latency_us)     AS latency_us
  FROM daily_rollups_parts AS r
 WHERE r.dimension = 'tool'
   AND r.name <> ''
   AND r.day >= :'from_at'::timestamptz::date
   AND r.day <  :'to_at'::timestamptz::date
 GROUP BY r.name
HAVING sum(r.events) > 0
\if :{?after_name}
   AND (sum(r.events) < :'after_calls'::numeric
        OR sum(r.events) = :'after_calls'::numeric AND r.name > :'after_name')
\endif
 ORDER BY calls DESC, tool
 LIMIT :'row_limit'::bigint;
