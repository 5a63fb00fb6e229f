-- transactions/plan_on_citus: on Citus, let this session choose between generic and custom plans.
--
-- Citus plans for values and fails on a forced generic plan. The tables are distributed if runs lacks the key
-- that citus/drop_keys drops. Citus's own tables cannot be read for this, because elsewhere they do not exist.
--
-- returns  plan_cache_mode text
-- rows     one; none where the tables are not distributed
-- plan     a look-up of the extension, and of the constraints of runs where Citus is installed

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
