-- transactions/plan_on_citus: where Citus has spread the tables, let this session choose between plans by itself.
--
-- Citus plans for values: of a generic plan it says that it cannot make it. Other choices stay. It has spread
-- them once runs lacks the key that citus/drop_keys takes; its own tables are not there to be asked elsewhere.
--
-- returns  plan_cache_mode text
-- rows     one; none where the tables are not distributed
-- plan     a look at the extensions, and at the constraints of runs where Citus is there

SELECT CASE current_setting('plan_cache_mode')
            WHEN 'force_generic_plan' THEN set_config('plan_cache_mode', 'auto', false)
            ELSE current_setting('plan_cache_mode')
       END AS plan_cache_mode
  FROM pg_extension AS e
 WHERE e.extname = 'citus'
   AND to_regclass('runs') IS NOT NULL
   AND NOT EXISTS (SELECT
                     FROM pg_constraint AS c
                    WHERE c.conrelid = to_regclass('runs')
                      AND c.conname  = 'runs_agent_name_run_name_key');
