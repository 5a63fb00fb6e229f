-- runs/take_turns: on Citus, let no other transaction write these runs until this one has ended.
--
-- Statements over several shards lock rows of several nodes at once, in no order, so two writers of the same
-- two runs would wait for each other. Citus' own remedy is one such statement at a time on a shard, until its
-- commit: it is switched off for the transaction, since locks in the order of their keys leave nothing to it.
--
-- params   run_ids  uuid[]  the runs
-- returns  deadlock_prevention text, locks bigint
-- rows     one
-- plan     a lock of the coordinator per run, in the order of their keys
-- try      \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}'

SELECT set_config('citus.enable_deadlock_prevention', 'off', true)          AS deadlock_prevention,
       count(pg_advisory_xact_lock('runs'::regclass::oid::integer, k.key)) AS locks
  FROM (SELECT DISTINCT uuid_hash(r.run_id) AS key
          FROM unnest(:'run_ids'::uuid[]) AS r (run_id)
         ORDER BY key) AS k;
