-- run_facts: the totals of each run as its events give them, for verify and its repair.
-- runs holds the same, added up as events come in.

CREATE VIEW run_facts AS
SELECT r.run_id, r.agent_name,
       count(t.event_id)                           AS event_count,
       count(t.event_id) FILTER (WHERE t.is_error) AS error_count,
       coalesce(sum(t.cost), 0)                    AS total_cost,
       coalesce(sum(t.tokens_in), 0)               AS tokens_in,
       coalesce(sum(t.tokens_out), 0)              AS tokens_out,
       coalesce(min(t.began_at), r.created_at)     AS started_at,
       coalesce(max(t.ended_at), r.created_at)     AS ended_at,
       coalesce(max(t.timestamp), r.created_at)    AS last_event_at,
       coalesce((extract(epoch FROM max(t.ended_at) - min(t.began_at)) * 1000000)::bigint, 0) AS duration_us,
       CASE WHEN bool_or(t.is_error AND t.event_type IN ('agent_end', 'error')) THEN 'failed'
            WHEN bool_or(t.event_type = 'agent_end')                            THEN 'completed'
            ELSE 'active' END                      AS status
  FROM runs AS r
  LEFT JOIN event_times AS t
    ON t.received_on = r.received_on
   AND t.run_id      = r.run_id
 GROUP BY r.run_id, r.agent_name, r.created_at;

COMMENT ON VIEW run_facts IS 'The totals of each run, counted from its events. Ask with run_id or agent_name. A run without events started when it was stored.';
