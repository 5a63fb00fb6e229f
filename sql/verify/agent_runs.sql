-- verify/agent_runs: runs of an agent whose totals are not those of their events.
--
-- params   agent_name  text  the agent
-- returns  relation text, key jsonb, stored jsonb, counted jsonb
-- rows     one per run that differs; none when all is well
-- index    runs_agent_name_created_at_idx, events_pkey
-- plan     the agent's runs, an index scan for the events of each
-- try      \set agent_name Researcher

WITH counted AS (
    SELECT r.run_id,
           count(e.event_id)                                        AS event_count,
           count(e.event_id) FILTER (WHERE e.is_error)              AS error_count,
           coalesce(sum(e.cost), 0)                                 AS total_cost,
           coalesce(sum(e.tokens_in), 0)                            AS tokens_in,
           coalesce(sum(e.tokens_out), 0)                           AS tokens_out,
           min(e.timestamp)                                         AS started_at,
           max(e.timestamp)                                         AS last_event_at,
           coalesce((extract(epoch FROM max(e.timestamp) - min(e.timestamp)) * 1000000)::bigint, 0)
                                                                    AS duration_us,
           CASE WHEN bool_or(e.is_error AND e.event_type IN ('agent_end', 'error')) THEN 'failed'
                WHEN bool_or(e.event_type = 'agent_end')                            THEN 'completed'
                ELSE 'active' END                                   AS status
      FROM runs AS r
      LEFT JOIN events AS e
        ON e.received_on = r.received_on
       AND e.run_id      = r.run_id
     WHERE r.agent_name = :'agent_name'
     GROUP BY r.run_id
), compared AS (
    SELECT r.run_id, r.run_name,
           jsonb_build_object('event_count', r.event_count, 'error_count', r.error_count,
                              'total_cost', r.total_cost, 'tokens_in', r.tokens_in,
                              'tokens_out', r.tokens_out, 'started_at', r.started_at,
                              'last_event_at', r.last_event_at, 'duration_us', r.duration_us,
                              'status', r.status) AS stored,
           jsonb_build_object('event_count', c.event_count, 'error_count', c.error_count,
                              'total_cost', c.total_cost, 'tokens_in', c.tokens_in,
                              'tokens_out', c.tokens_out, 'started_at', c.started_at,
                              'last_event_at', c.last_event_at, 'duration_us', c.duration_us,
                              'status', c.status) AS counted
      FROM runs    AS r
      JOIN counted AS c
        ON c.run_id = r.run_id
)
SELECT 'runs' AS relation,
       jsonb_build_object('agent_name', :'agent_name'::text, 'run_name', c.run_name,
                          'run_id', c.run_id) AS key,
       c.stored, c.counted
  FROM compared AS c
 WHERE c.stored <> c.counted
 ORDER BY c.run_id;
