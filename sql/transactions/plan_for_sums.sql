-- transactions/plan_for_sums: plan the rest of this transaction for its values, and let it scan whole tables.
--
-- After transactions/plan_once, for sums of all rows of a window: nothing stops early, and of many rows a scan
-- takes a third of what look-ups by an index take.
--
-- returns  plan_cache_mode text, enable_seqscan text, enable_bitmapscan text
-- rows     one
-- plan     function calls

SELECT set_config('plan_cache_mode', 'force_custom_plan', true) AS plan_cache_mode,
       set_config('enable_seqscan', 'on', true)                 AS enable_seqscan,
       set_config('enable_bitmapscan', 'on', true)              AS enable_bitmapscan;
