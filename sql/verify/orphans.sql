-- verify/orphans: events of runs that are not there, or that lie on another day than their run.
--
-- returns  relation text, key jsonb, stored jsonb, counted jsonb
-- rows     one per run; none when all is well
-- plan     one pass over events, hash anti join

SELECT 'events' AS relation,
       jsonb_build_object('received_on', e.received_on, 'run_id', e.run_id) AS key,
       jsonb_build_object('events_without_run', count(*)) AS stored,
       jsonb_build_object('events_without_run', 0)        AS counted
  FROM events AS e
 WHERE NOT EXISTS (SELECT
                     FROM runs AS r
                    WHERE r.received_on = e.received_on
                      AND r.run_id      = e.run_id)
 GROUP BY e.received_on, e.run_id
 ORDER BY e.received_on, e.run_id;
