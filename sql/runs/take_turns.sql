-- runs/take_turns: on Citus, lock these runs against other writers until the transaction ends.
--
-- Statements over several shards lock rows of several nodes at once, in no order, so two writers of the same
-- two runs would deadlock. Citus prevents that by running one such statement at a time per shard, until its
-- commit. This is switched off for the transaction, because locks in key order make it needless.
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
