-- events/move_from_default: move the events of one week out of the DEFAULT partition.
--
-- params   partition  identifier  the week's table, from events/create_detached
-- params   monday     date        the first day
-- params   next       date        the day after the last
-- index    events_default_pkey
-- plan     an index scan on the DEFAULT partition, one insert per event
-- try      \set partition events_default \set monday 2099-12-28 \set next 2100-01-04

WITH moved AS (
    DELETE FROM events_default AS e
     WHERE e.received_on >= :'monday'::date
       AND e.received_on <  :'next'::date
    RETURNING e.received_on, e.run_id, e.event_id, e.agent_name, e.event_type, e.timestamp,
              e.parent_event_id, e.previous_event_id, e.model, e.tokens_in, e.tokens_out,
              e.cached_tokens, e.cache_write_tokens, e.reasoning_tokens, e.cost,
              e.cost_source, e.latency_us, e.stamped_at_end, e.tie, e.tool, e.is_error, e.priced_as, e.data, e.ingest_xid,
              e.created_at, e.error_fingerprint, e.repeats
)
INSERT INTO :"partition" (received_on, run_id, event_id, agent_name, event_type, timestamp,
                          parent_event_id, previous_event_id, model, tokens_in, tokens_out,
                          cached_tokens, cache_write_tokens, reasoning_tokens, cost,
                          cost_source, latency_us, stamped_at_end, tie, tool, is_error, priced_as, data, ingest_xid,
                          created_at, error_fingerprint, repeats)
SELECT m.received_on, m.run_id, m.event_id, m.agent_name, m.event_type, m.timestamp,
       m.parent_event_id, m.previous_event_id, m.model, m.tokens_in, m.tokens_out,
       m.cached_tokens, m.cache_write_tokens, m.reasoning_tokens, m.cost,
       m.cost_source, m.latency_us, m.stamped_at_end, m.tie, m.tool, m.is_error, m.priced_as, m.data, m.ingest_xid,
       m.created_at, m.error_fingerprint, m.repeats
  FROM moved AS m;
