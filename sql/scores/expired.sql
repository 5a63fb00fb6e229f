-- scores/expired: which of these runs retention removed.
--
-- params   run_ids  uuid[]  the runs
-- returns  run_id uuid
-- rows     up to one per run
-- index    expired_runs_pkey
-- plan     index-only scan
-- try      \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}'

SELECT x.run_id
  FROM expired_runs AS x
 WHERE x.run_id = ANY (:'run_ids'::uuid[])
 ORDER BY x.run_id;
