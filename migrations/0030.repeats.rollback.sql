-- 0030.repeats, backwards: note in the data of calls again which event counts in their place, and drop the column.
--
-- locks    events and two views of it, against everyone, until it ends: it writes the calls that count elsewhere
-- loses    nothing
-- again    events.repeats, events.data

SET LOCAL lock_timeout = '2s';

CREATE OR REPLACE VIEW event_details AS
SELECT e.event_id, e.run_id, r.run_name, e.agent_name, e.event_type, e.timestamp,
       e.parent_event_id, e.previous_event_id,
       e.model, e.tokens_in, e.tokens_out, e.cost, e.cost_source,
       e.latency_us / 1000.0 AS latency_ms,
       e.is_error, e.data, e.created_at, e.tie
  FROM runs   AS r
  JOIN events AS e
    ON e.received_on = r.received_on
   AND e.run_id      = r.run_id;

CREATE OR REPLACE VIEW priced_events AS
SELECT e.event_id, e.run_id, r.run_name, e.agent_name, e.event_type, e.timestamp,
       e.parent_event_id, e.previous_event_id,
       e.model, e.tokens_in, e.tokens_out, e.cost, e.cost_source, e.priced_as,
       e.latency_us / 1000.0 AS latency_ms,
       e.is_error, e.data, e.created_at, e.tie,
       e.cached_tokens, e.cache_write_tokens, e.reasoning_tokens
  FROM runs   AS r
  JOIN events AS e
    ON e.received_on = r.received_on
   AND e.run_id      = r.run_id;

UPDATE events AS e
   SET data = e.data || jsonb_set('{"counted": false}', '{repeats}', ('"' || e.repeats::text || '"')::jsonb)
 WHERE e.repeats IS NOT NULL
   AND (e.data -> 'counted' = 'false' AND e.data ->> 'repeats' = e.repeats::text) IS NOT TRUE;

ALTER TABLE events DROP COLUMN repeats;
