-- transactions/plan_for_values: plan the rest of this transaction for its values, and bound its time.
--
-- For searches, because the given filters decide which index serves, and the days which partitions are
-- read. Rows must come in the order of an index, so that the search can stop early. A scan of the whole
-- table, or a bitmap of more rows than an old estimate expects, has to end first.
--
-- params   timeout  text  for each statement, such as 5000ms
-- returns  plan_cache_mode text, enable_seqscan text, enable_bitmapscan text, statement_timeout text
-- rows     one
-- plan     function calls
-- try      \set timeout 5000ms

SELECT set_config('plan_cache_mode', 'force_custom_plan', true)  AS plan_cache_mode,
       set_config('enable_seqscan', 'off', true)                 AS enable_seqscan,
       set_config('enable_bitmapscan', 'off', true)              AS enable_bitmapscan,
       set_config('statement_timeout', :'timeout'::text, true)   AS statement_timeout;
