-- retention/delete_runs: remove runs whose partition is about to be dropped with their events.
--
-- params   run_ids  uuid[]  the runs, locked
-- index    runs_pkey
-- plan     one index look-up per run
-- try      \set run_ids '{}'

DELETE FROM runs AS r
 WHERE r.run_id = ANY (:'run_ids'::uuid[]);
