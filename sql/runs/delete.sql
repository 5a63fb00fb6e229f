-- runs/delete: remove runs and their events.
--
-- params   run_ids       uuid[]  the runs, locked in a statement of its own
-- params   received_ons  date[]  their days, beside the ids
-- returns  events bigint
-- rows     one: how many events went
-- index    events_pkey, runs_pkey
-- plan     nested loop: one index scan on one partition per run
-- try      \set run_ids '{}' \set received_ons '{}'

WITH gone AS (
    DELETE FROM events AS e
     USING unnest(:'run_ids'::uuid[], :'received_ons'::date[]) AS k (run_id, received_on)
     WHERE e.received_on = k.received_on
       AND e.run_id      = k.run_id
\if :{?distributed}
       AND e.run_id      = ANY (:'run_ids'::uuid[])
\endif
    RETURNING e.run_id
), lost AS (
    DELETE FROM runs AS r
     WHERE r.run_id = ANY (:'run_ids'::uuid[])
)
SELECT count(*) AS events
  FROM gone AS g;
