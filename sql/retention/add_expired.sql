-- retention/add_expired: record the ids of the runs of some days, before they are dropped.
--
-- params   first_day  date  the first day
-- params   next_day   date  the day after the last
-- plan     one pass over runs, one insert per run
-- try      \set first_day 2026-08-17 \set next_day 2026-08-24

INSERT INTO expired_runs (run_id)
SELECT r.run_id
  FROM runs AS r
 WHERE r.received_on >= :'first_day'::date
   AND r.received_on <  :'next_day'::date
    ON CONFLICT (run_id) DO UPDATE
           SET expired_at = excluded.expired_at;
