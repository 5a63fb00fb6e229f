-- retention/lock_runs: lock the runs of some days, in key order, so that no event is stored for them.
--
-- On Citus only an UPDATE locks rows of several shards.
--
-- params   first_day  date  the first day
-- params   next_day   date  the day after the last
-- returns  run_id uuid, received_on date
-- rows     one per run
-- plan     one pass over runs, sort, lock rows
-- try      \set first_day 2026-08-17 \set next_day 2026-08-24

\if :{?distributed}
UPDATE runs AS r
   SET updated_at = r.updated_at
\else
SELECT r.run_id, r.received_on
  FROM runs AS r
\endif
 WHERE r.received_on >= :'first_day'::date
   AND r.received_on <  :'next_day'::date
\if :{?distributed}
RETURNING r.run_id, r.received_on;
\else
 ORDER BY r.run_id
   FOR UPDATE;
\endif
