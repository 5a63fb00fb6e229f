-- 0030.repeats: note beside the data of a call that its figures count elsewhere, so that the data are not written again.
--
-- locks    events and two views of it, against everyone, until it ends: it reads the data of calls without tokens and cost
-- safe     no: stop the service first; the old code notes it in data, where nothing looks for it any more
--
-- Only events that say so are written, without their data.

SET LOCAL lock_timeout = '2s';

ALTER TABLE events ADD COLUMN repeats uuid;

COMMENT ON COLUMN events.repeats IS 'The event that counts in place of this call; NULL: its own figures count';

UPDATE events AS e
   SET repeats = (e.data ->> 'repeats')::uuid
 WHERE e.tokens_in  IS NULL
   AND e.tokens_out IS NULL
   AND e.cost       IS NULL
   AND e.event_type IN ('llm_call', 'agent_end')
   AND e.data -> 'counted' = 'false'
   AND e.data ->> 'repeats' ~* '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';

CREATE OR REPLACE VIEW event_details AS
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

CREATE OR REPLACE VIEW priced_events AS
SELECT e.event_id, e.run_id, r.run_name, e.agent_name, e.event_type, e.timestamp,
       e.parent_event_id, e.previous_event_id,
       e.model, e.tokens_in, e.tokens_out, e.cost, e.cost_source, e.priced_as,
       e.latency_us / 1000.0 AS latency_ms,
       e.is_error,
       CASE WHEN e.repeats IS NULL THEN e.data
            ELSE e.data || jsonb_build_object('counted', false, 'repeats', e.repeats) END AS data,
       e.created_at, e.tie,
       e.cached_tokens, e.cache_write_tokens, e.reasoning_tokens
  FROM runs   AS r
  JOIN events AS e
    ON e.received_on = r.received_on
   AND e.run_id      = r.run_id;
