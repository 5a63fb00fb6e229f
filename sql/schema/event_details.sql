-- event_details: an event as the API returns it, with the name of its run; and tie, which orders events of one moment.
-- The data of a call that counts elsewhere say so.

CREATE VIEW event_details AS
SELECT e.event_id, e.run_id, r.run_name, e.agent_name, e.event_type, e.timestamp,
       e.parent_event_id, e.previous_event_id,
       e.model, e.tokens_in, e.tokens_out, e.cost, e.cost_source,
       e.latency_us / 1000.0 AS latency_ms,
       e.is_error,
       CASE WHEN e.repeats IS NULL THEN e.data
            ELSE e.data || jsonb_build_object('counted', false, 'repeats', e.repeats) END AS data,
       e.created_at, e.tie
  FROM runs   AS r
  JOIN events AS e
    ON e.received_on = r.received_on
   AND e.run_id      = r.run_id;

COMMENT ON VIEW event_details IS 'Events as the API returns them. Select by run_id: the run names the one partition to read. Queries select all columns of it, so its columns never change: another set of columns is another view.';
