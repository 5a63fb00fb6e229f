-- runs/trace_places: where each event of a run is in its tree, without its figures, oldest first.
--
-- The tree is that of runs/trace. It takes a fifth of the time of runs/trace_summary.
--
-- params   run_id  uuid  the run
-- returns  event_id uuid, event_type text, timestamp timestamp with time zone, parent_event_id uuid, previous_event_id uuid, tie integer, tree_parent_id uuid
-- rows     one per event; none when the run is unknown
-- index    runs_pkey, events_pkey
-- plan     index scan on one partition, one hash of its parents, sort in memory
-- try      \set run_id 8552f8ec-923d-432c-9bc4-802c92078534

WITH run_events AS MATERIALIZED (
    SELECT e.event_id, e.event_type, e.timestamp, e.parent_event_id, e.previous_event_id, e.tie
      FROM runs   AS r
      JOIN events AS e
        ON e.received_on = r.received_on
       AND e.run_id      = r.run_id
     WHERE r.run_id = :'run_id'::uuid
)
SELECT c.event_id, c.event_type, c.timestamp, c.parent_event_id, c.previous_event_id, c.tie,
       CASE WHEN c.event_type <> 'agent_end'
             AND c.parent_event_id IN (SELECT e.event_id
                                         FROM run_events AS e
                                        WHERE e.event_type <> 'agent_end')
            THEN c.parent_event_id
       END AS tree_parent_id
  FROM run_events AS c
 ORDER BY c.timestamp, c.tie, c.event_id;
