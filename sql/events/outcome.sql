-- events/outcome: how runs ended, by all the ends of agents that they hold: as their roots did.
--
-- Run only when an end that was counted may be that of an inner agent after all, and in runs of up to
-- 20,000 events: HUGE_RUN_EVENTS in service/writer/run_outcome.py, which says what an inner end is.
--
-- params   received_ons  date[]  the days of the runs
-- params   run_ids       uuid[]  the runs, held, beside the days
-- params   roots         text[]  the run and its root agent_start, one behind the other, or nothing; beside the runs
-- returns  run_id uuid, status text
-- rows     one per run that has ended; the others are active
-- index    events_pkey
-- plan     index scan on one partition per run; a look-up for each event that an end names
-- try      \set received_ons '{2026-11-23}' \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}' \set roots '{8552f8ec-923d-432c-9bc4-802c920785346738206f-76cb-447b-b55e-2647469279a0}'

SELECT e.run_id,
       CASE WHEN bool_or(e.is_error) THEN 'failed' ELSE 'completed' END AS status
  FROM unnest(:'received_ons'::date[], :'run_ids'::uuid[], :'roots'::text[])
    AS k (received_on, run_id, root)
\if :{?distributed}
  JOIN events AS e
    ON e.received_on = k.received_on
   AND e.run_id      = k.run_id
   AND e.run_id      = ANY (:'run_ids'::uuid[])
\else
 CROSS JOIN LATERAL (SELECT a.run_id, a.received_on, a.event_type, a.is_error, a.previous_event_id, a.parent_event_id
                       FROM events AS a
                      WHERE a.received_on = k.received_on
                        AND a.run_id      = k.run_id
                     OFFSET 0) AS e
\endif
 WHERE e.event_type = 'agent_end'
   AND NOT EXISTS (SELECT
                     FROM events AS s
                    WHERE s.received_on = e.received_on
                      AND s.run_id      = e.run_id
                      AND s.event_id IN (e.previous_event_id, e.parent_event_id)
                      AND s.event_type  = 'agent_start'
\if :{?distributed}
                      AND s.run_id::text || s.event_id::text <> ALL (:'roots'::text[]))
\else
                      AND s.run_id::text || s.event_id::text <> k.root
                   OFFSET 0)
\endif
 GROUP BY e.run_id
 ORDER BY e.run_id;
