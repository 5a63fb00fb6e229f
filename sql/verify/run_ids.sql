-- verify/run_ids: every run, to count its metrics again; in no order.
--
-- returns  run_id uuid
-- rows     one per run
-- plan     one pass over runs

SELECT r.run_id
  FROM runs AS r;
