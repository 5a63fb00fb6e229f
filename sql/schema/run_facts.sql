-- run_facts: the totals and the outcome of each run as its events give them, for verify and its repair.
-- runs holds the same, added up as events come in. service/writer/run_outcome.py says what an inner end is.

CREATE VIEW run_facts AS
SELECT f.run_id, f.agent_name, f.event_count, f.error_count, f.total_cost, f.tokens_in, f.tokens_out,
       f.started_at, f.ended_at, f.last_event_at, f.duration_us, f.status,
       ARRAY(SELECT DISTINCT p.event_id
               FROM unnest(f.pending_previous || f.pending_parents) AS p (event_id)
              ORDER BY p.event_id
              LIMIT 1000) AS pending_ends,
       f.cached_tokens, f.cache_write_tokens, f.reasoning_tokens
  FROM (SELECT r.run_id, r.agent_name,
               count(t.event_id)                           AS event_count,
               count(t.event_id) FILTER (WHERE t.is_error) AS error_count,
               coalesce(sum(t.cost), 0)                    AS total_cost,
               coalesce(sum(t.tokens_in), 0)               AS tokens_in,
               coalesce(sum(t.tokens_out), 0)              AS tokens_out,
               coalesce(sum(t.cached_tokens), 0)           AS cached_tokens,
               coalesce(sum(t.cache_write_tokens), 0)      AS cache_write_tokens,
               coalesce(sum(t.reasoning_tokens), 0)        AS reasoning_tokens,
               coalesce(min(t.began_at), r.created_at)     AS started_at,
               coalesce(max(t.ended_at), r.created_at)     AS ended_at,
               coalesce(max(t.timestamp), r.created_at)    AS last_event_at,
               coalesce((extract(epoch FROM max(t.ended_at) - min(t.began_at)) * 1000000)::bigint, 0) AS duration_us,
               CASE WHEN bool_or(t.is_error AND i.is_outer) THEN 'failed'
                    WHEN bool_or(i.is_outer)                THEN 'completed'
                    ELSE 'active' END                       AS status,
               array_agg(t.previous_event_id) FILTER (WHERE i.lacks_previous) AS pending_previous,
               array_agg(t.parent_event_id)   FILTER (WHERE i.lacks_parent)   AS pending_parents
          FROM runs AS r
          LEFT JOIN event_times AS t
            ON t.received_on = r.received_on
           AND t.run_id      = r.run_id
          LEFT JOIN events AS b
            ON t.event_type  = 'agent_end'
           AND b.received_on = t.received_on
           AND b.run_id      = t.run_id
           AND b.event_id    = t.previous_event_id
          LEFT JOIN events AS p
            ON t.event_type  = 'agent_end'
           AND p.received_on = t.received_on
           AND p.run_id      = t.run_id
           AND p.event_id    = t.parent_event_id
         CROSS JOIN LATERAL (
               SELECT t.event_type = 'agent_end'
                      AND NOT coalesce(b.event_type = 'agent_start'
                                       AND NOT (r.owner_is_root AND b.event_id = r.owner_event_id), false)
                      AND NOT coalesce(p.event_type = 'agent_start'
                                       AND NOT (r.owner_is_root AND p.event_id = r.owner_event_id), false)
                          AS is_outer,
                      t.event_type = 'agent_end' AND t.previous_event_id IS NOT NULL
                      AND b.event_id IS NULL AS lacks_previous,
                      t.event_type = 'agent_end' AND t.parent_event_id IS NOT NULL
                      AND p.event_id IS NULL AS lacks_parent) AS i
         GROUP BY r.run_id, r.agent_name, r.created_at) AS f;

COMMENT ON VIEW run_facts IS 'The totals and the outcome of each run, counted from its events. Ask with run_id or agent_name. A run without events started when it was stored.';
