-- events/missing: which of these events are not stored, and whether their runs were removed.
--
-- params   run_ids    uuid[]  the runs
-- params   event_ids  uuid[]  the events, beside their runs
-- returns  position bigint, is_expired boolean
-- rows     one per event that is not stored: its place in the arrays, from 1
-- index    runs_pkey, events_pkey, expired_runs_pkey
-- plan     three look-ups by key per event, the third where it is missing; OFFSET 0 keeps the
--          planner from scanning instead
-- try      \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}' \set event_ids '{6738206f-76cb-447b-b55e-2647469279a0}'

\if :{?distributed}
WITH stored AS MATERIALIZED (
    SELECT k.position
      FROM unnest(:'run_ids'::uuid[], :'event_ids'::uuid[])
           WITH ORDINALITY AS k (run_id, event_id, position)
      JOIN runs   AS r
        ON r.run_id = k.run_id
      JOIN events AS e
        ON e.received_on = r.received_on
       AND e.run_id      = r.run_id
       AND e.event_id    = k.event_id
       AND e.run_id      = ANY (:'run_ids'::uuid[])
), expired AS MATERIALIZED (
    SELECT x.run_id
      FROM expired_runs AS x
     WHERE x.run_id = ANY (:'run_ids'::uuid[])
)
SELECT k.position,
       k.run_id IN (SELECT x.run_id FROM expired AS x) AS is_expired
  FROM unnest(:'run_ids'::uuid[], :'event_ids'::uuid[])
       WITH ORDINALITY AS k (run_id, event_id, position)
 WHERE k.position NOT IN (SELECT s.position FROM stored AS s)
 ORDER BY k.position;
\else
SELECT k.position,
       EXISTS (SELECT
                 FROM expired_runs AS x
                WHERE x.run_id = k.run_id
               OFFSET 0) AS is_expired
  FROM unnest(:'run_ids'::uuid[], :'event_ids'::uuid[])
       WITH ORDINALITY AS k (run_id, event_id, position)
 WHERE NOT EXISTS (SELECT
                     FROM runs   AS r
                     JOIN events AS e
                       ON e.received_on = r.received_on
                      AND e.run_id      = r.run_id
                    WHERE r.run_id   = k.run_id
                      AND e.event_id = k.event_id
                   OFFSET 0)
 ORDER BY k.position;
\endif
