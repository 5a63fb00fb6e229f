-- citus/settings: the settings of a cluster that decide what a transaction costs, and how many shards its nodes have.
--
-- Those of the workers are the lowest among them; NULL where none answered.
--
-- returns  cached_connections bigint, recover_2pc_ms bigint, modify_mode text, locks bigint, connections bigint, prepared_on_workers bigint, workers bigint, shards bigint
-- rows     one
-- plan     a look at settings, one statement to each worker

SELECT current_setting('citus.max_cached_conns_per_worker')::bigint AS cached_connections,
       (SELECT s.setting::bigint
          FROM pg_settings AS s
         WHERE s.name = 'citus.recover_2pc_interval')               AS recover_2pc_ms,
       current_setting('citus.multi_shard_modify_mode')             AS modify_mode,
       current_setting('max_locks_per_transaction')::bigint         AS locks,
       current_setting('max_connections')::bigint                   AS connections,
       (SELECT min(w.result::bigint)
          FROM run_command_on_workers('SHOW max_prepared_transactions') AS w
         WHERE w.success)                                           AS prepared_on_workers,
       (SELECT count(*)
          FROM citus_get_active_worker_nodes())                     AS workers,
       (SELECT count(*)
          FROM pg_dist_shard AS d
         WHERE d.logicalrelid = 'runs'::regclass)                   AS shards;
