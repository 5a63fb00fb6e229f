-- transactions/plan_on_citus: where there is Citus, let this session choose between plans by itself.
--
-- Citus plans for values: of a generic plan it says that it cannot make it. Other choices stay.
--
-- params   none
-- returns  plan_cache_mode text
-- rows     one; none where there is no Citus
-- index    none
-- plan     a look at the extensions
-- try      (no parameters)

SELECT CASE current_setting('plan_cache_mode')
            WHEN 'force_generic_plan' THEN set_config('plan_cache_mode', 'auto', false)
            ELSE current_setting('plan_cache_mode')
       END AS plan_cache_mode
  FROM pg_extension AS e
 WHERE e.extname = 'citus';
