-- verify/run_ids: every run, to count it anew; a set, in no order.
--
-- params   none
-- returns  run_id uuid
-- rows     one per run
-- index    none
-- plan     one pass over runs
-- try      (no parameters)

SELECT r.run_id
  FROM runs AS r;
