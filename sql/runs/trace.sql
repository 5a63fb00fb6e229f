-- runs/trace: a run's events as a tree: each with its parent in the run and its depth, oldest first.
--
-- A parent counts when it is an event of the run and no agent_end; an agent_end has none. Each
-- event has one parent, so the walk from the roots ends by itself; what it never reaches hangs on
-- a cycle and has no depth. No CYCLE clause and no path arrays: those are quadratic (5,000 deep
-- took 2.6 s, this takes 0.3 s for 100,000).
--
-- The plan must hash the run once and probe it level by level; else it is quadratic, and 100,000
-- deep does not end in 10 s. So the planner is given a thousand rows that do not exist (a run that it
-- takes for short is joined by nested loops); a parent is looked for by IN (a join would be taken for
-- millions of rows, too many for one hash); is_root is half of the rows to it (`IS NULL` is 0.5 %, and
-- it would hash the level, not the run); and the read pool has enable_mergejoin off (a merge sorts
-- the run again for each level). In psql: SET enable_mergejoin = off.
--
-- A name or status that is a list or object of more than 2,000 bytes is `…`: to print 1 MB for 255 characters of it takes
-- 40 ms. In small data that is not compressed there is none, and nothing is looked at.
--
-- params   run_id  uuid  the run
-- returns  event_id uuid, event_type text, timestamp timestamp with time zone, data jsonb, parent_event_id uuid, previous_event_id uuid, model text, latency_ms numeric, cost numeric, cost_source text, priced_as jsonb, tokens_in bigint, tokens_out bigint, cached_tokens bigint, cache_write_tokens bigint, reasoning_tokens bigint, name text, status text, graph_structure jsonb, execution_flow jsonb, repeats uuid, tie integer, tree_parent_id uuid, depth integer
-- rows     one per event; repeats: of a call that counts nowhere, the event that counts. None when the run is unknown
-- index    runs_pkey, events_pkey
-- plan     index scans on one partition; the recursion probes one hash of the run, level by level
-- try      \set run_id 8552f8ec-923d-432c-9bc4-802c92078534

WITH RECURSIVE run_events AS MATERIALIZED (
    SELECT e.event_id, e.event_type, e.parent_event_id
      FROM runs   AS r
      JOIN events AS e
        ON e.received_on = r.received_on
       AND e.run_id      = r.run_id
     WHERE r.run_id = :'run_id'::uuid
     UNION ALL
    SELECT NULL, NULL, NULL
      FROM generate_series(1, (SELECT 0)) AS a_thousand_to_the_planner
), linked AS MATERIALIZED (
    SELECT p.event_id, p.tree_parent_id, p.tree_parent_id IS NULL AS is_root
      FROM (SELECT c.event_id,
                   CASE WHEN c.event_type <> 'agent_end'
                         AND c.parent_event_id IN (SELECT e.event_id
                                                     FROM run_events AS e
                                                    WHERE e.event_type <> 'agent_end')
                        THEN c.parent_event_id
                   END AS tree_parent_id
              FROM run_events AS c) AS p
), walk AS (
    SELECT l.event_id, 0 AS depth
      FROM linked AS l
     WHERE l.is_root
     UNION ALL
    SELECT l.event_id, w.depth + 1
      FROM walk   AS w
      JOIN linked AS l
        ON l.tree_parent_id = w.event_id
)
SELECT e.event_id, e.event_type, e.timestamp,
       CASE WHEN e.repeats IS NULL THEN e.data
            ELSE e.data || jsonb_build_object('counted', false, 'repeats', e.repeats) END AS data,
       e.parent_event_id, e.previous_event_id,
       e.model,
       e.latency_us / 1000.0 AS latency_ms,
       e.cost, e.cost_source, e.priced_as, e.tokens_in, e.tokens_out,
       e.cached_tokens, e.cache_write_tokens, e.reasoning_tokens,
       CASE WHEN pg_column_size(e.data) <= 2000 AND pg_column_compression(e.data) IS NULL
            THEN left(coalesce(e.data ->> 'name', e.data ->> 'tool_name', e.data ->> 'step_name', e.data ->> 'node_name'), 255)
            ELSE (SELECT CASE WHEN jsonb_typeof(n.name) IN ('array', 'object') AND pg_column_size(n.name) > 2000 THEN '…'
                              ELSE left(n.name #>> '{}', 255) END
                    FROM jsonb_to_record(e.data) AS d (name jsonb, tool_name jsonb, step_name jsonb, node_name jsonb)
                   CROSS JOIN LATERAL (SELECT coalesce(d.name, d.tool_name, d.step_name, d.node_name) AS name) AS n)
       END AS name,
       CASE WHEN pg_column_size(e.data) <= 2000 AND pg_column_compression(e.data) IS NULL
            THEN left(e.data ->> 'status', 255)
            ELSE (SELECT CASE WHEN jsonb_typeof(v.value) IN ('array', 'object') AND pg_column_size(v.value) > 2000 THEN '…'
                              ELSE left(v.value #>> '{}', 255) END
                    FROM LATERAL (SELECT e.data -> 'status' AS value OFFSET 0) AS v)
       END AS status,
       CASE e.event_type WHEN 'agent_start' THEN
           coalesce(nullif(e.data -> 'graph_structure', 'null'),
                    nullif(e.data -> 'metadata' -> 'graph_structure', 'null'))
       END AS graph_structure,
       CASE e.event_type WHEN 'agent_end' THEN
           coalesce(nullif(e.data -> 'execution_flow', 'null'),
                    nullif(e.data -> 'metadata' -> 'execution_flow', 'null'))
       END AS execution_flow,
       e.repeats, e.tie, l.tree_parent_id, w.depth
  FROM runs   AS r
  JOIN events AS e
    ON e.received_on = r.received_on
   AND e.run_id      = r.run_id
  JOIN linked AS l
    ON l.event_id = e.event_id
  LEFT JOIN walk AS w
    ON w.event_id = e.event_id
 WHERE r.run_id = :'run_id'::uuid
 ORDER BY e.timestamp, e.tie, e.event_id;
