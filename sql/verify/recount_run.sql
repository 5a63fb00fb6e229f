-- verify/recount_run: set a run's totals to those of its events.
--
-- params   run_id  uuid  the run, held in a statement of its own
-- index    runs_pkey, events_pkey
-- plan     one index scan on one partition
-- try      \set run_id 8552f8ec-923d-432c-9bc4-802c92078534

UPDATE runs AS r
   SET event_count   = c.event_count,
       error_count   = c.error_count,
       total_cost    = c.total_cost,
       tokens_in     = c.tokens_in,
       tokens_out    = c.tokens_out,
       started_at    = c.started_at,
       last_event_at = c.last_event_at,
       duration_us   = coalesce((extract(epoch FROM c.last_event_at - c.started_at)
                                 * 1000000)::bigint, 0),
       status        = CASE WHEN c.failed THEN 'failed'
                            WHEN c.ended  THEN 'completed'
                            ELSE 'active' END,
       updated_at    = now()
  FROM (SELECT count(*)                                    AS event_count,
               count(*) FILTER (WHERE e.is_error)          AS error_count,
               coalesce(sum(e.cost), 0)                    AS total_cost,
               coalesce(sum(e.tokens_in), 0)               AS tokens_in,
               coalesce(sum(e.tokens_out), 0)              AS tokens_out,
               min(e.timestamp)                            AS started_at,
               max(e.timestamp)                            AS last_event_at,
               bool_or(e.event_type = 'agent_end')         AS ended,
               bool_or(e.is_error
                       AND e.event_type IN ('agent_end', 'error')) AS failed
          FROM runs   AS o
          JOIN events AS e
            ON e.received_on = o.received_on
           AND e.run_id      = o.run_id
         WHERE o.run_id = :'run_id'::uuid) AS c
 WHERE r.run_id = :'run_id'::uuid;
