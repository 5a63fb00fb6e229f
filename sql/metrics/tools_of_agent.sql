-- metrics/tools_of_agent: calls, errors and latency of each tool that one agent calls, the most calls first.
--
-- Calls that name no tool are not among them.
--
-- params   agent        text         the agent
-- params   from_at      timestamptz  included
-- params   to_at        timestamptz  not included
-- params   row_limit    bigint       rows at most
-- params   after_name   text         optional: the tool after which the page begins
-- params   after_calls  numeric      its calls, with after_name
-- returns  tool text, calls bigint, errors bigint, cost numeric, latency_us numeric
-- rows     up to row_limit
-- index    daily_metrics_pkey
-- plan     index scan of the agent's days, and the agent's deltas
-- try      \set row_limit 1000 \set after_name search \set after_calls 25 \set agent Researcher \set from_at '2026-11-01' \set to_at '2026-11-24'

SELECT d.tool AS tool,
       sum(d.events)::bigint AS calls,
       sum(d.errors)::bigint AS errors,
       sum(d.cost)           AS cost,
       sum(d.latency_us)     AS latency_us
  FROM daily_metrics_parts AS d
 WHERE d.agent_name = :'agent'
   AND d.tool <> ''
   AND d.day >= :'from_at'::timestamptz::date
   AND d.day <  :'to_at'::timestamptz::date
 GROUP BY d.tool
HAVING sum(d.events) > 0
\if :{?after_name}
   AND (sum(d.events) < :'after_calls'::numeric
        OR sum(d.events) = :'after_calls'::numeric AND d.tool > :'after_name')
\endif
 ORDER BY calls DESC, tool
 LIMIT :'row_limit'::bigint;
