-- transactions/plan_once: as transactions/plan_for_values, but for statements that have one plan whatever the values.
--
-- A connection keeps the plan of each, so none is made for a request. Not on Citus, which makes no generic plans.
--
-- params   timeout  text  for each statement, such as 5000ms
-- returns  plan_cache_mode text, enable_seqscan text, enable_bitmapscan text, statement_timeout text
-- rows     one
-- plan     function calls
-- try      \set timeout 5000ms

SELECT set_config('plan_cache_mode', 'force_generic_plan', true) AS plan_cache_mode,
       set_config('enable_seqscan', 'off', true)                 AS enable_seqscan,
       set_config('enable_bitmapscan', 'off', true)              AS enable_bitmapscan,
       set_config('statement_timeout', :'timeout'::text, true)   AS statement_timeout;
