-- event_times: when each event began and ended: the one place in SQL that says so.
-- service/ingest/rows.py says the same in Python.

CREATE VIEW event_times AS
SELECT e.received_on, e.run_id, e.event_id, e.event_type, e.timestamp,
       e.parent_event_id, e.previous_event_id,
       e.tokens_in, e.tokens_out, e.cost, e.is_error,
       CASE WHEN e.stamped_at_end THEN e.timestamp - coalesce(e.latency_us, 0) * interval '1 microsecond'
            ELSE e.timestamp END AS began_at,
       CASE WHEN e.stamped_at_end THEN e.timestamp
            ELSE e.timestamp + coalesce(e.latency_us, 0) * interval '1 microsecond' END AS ended_at,
       e.cached_tokens, e.cache_write_tokens, e.reasoning_tokens
  FROM events AS e;

COMMENT ON VIEW event_times IS 'When each event began and ended. Without a latency it is a moment. Select with received_on and run_id together.';
