
WITH RECURSIVE run_events AS MATERIALIZED (
    SELECT e.event_id, e.event_type, e.parent_event_id
      FROM runs   AS r
      JOIN events AS e
        ON e.received_on = r.received_on
       AND e.run_id      = r.run_id
     WHERE r.run_id = :'run_id'::uuid
), linked AS MATERIALIZED (
    SELECT c.event_id, p.event_id AS tree_parent_id
      FROM run_events AS c
      LEFT JOIN run_events AS p
        ON p.event_id = c.parent_event_id
       AND p.event_type <> 'agent_end'
       AND c.event_type <> 'agent_end'
), walk AS (
    SELECT l.event_id, 0 AS depth
      FROM linked AS l
     WHERE l.tree_parent_id IS NULL
     UNION ALL
    SELECT l.event_id, w.depth + 1
      FROM walk   AS w
      JOIN linked AS l
        ON l.tree_parent_id = w.event_id
)
SELECT e.event_id, e.event_type, e.timestamp, e.data, e.parent_event_id, e.previous_event_id,
       e.model,
       e.latency_us / 1000.0 AS latency_ms,
       e.cost, e.tokens_in, e.tokens_out,
       coalesce(e.data ->> 'name', e.data ->> 'tool_name', e.data ->> 'step_name',
                e.data ->> 'node_name') AS name,
       e.data ->> 'status' AS status,
       l.tree_parent_id, w.depth
  FROM runs   AS r
  JOIN events AS e
    ON e.received_on = r.received_on
   AND e.run_id      = r.run_id
  JOIN linked AS l
    ON l.event_id = e.event_id
  LEFT JOIN walk AS w
    ON w.event_id = e.event_id
 WHERE r.run_id = :'run_id'::uuid
 ORDER BY e.timestamp, e.event_id;
