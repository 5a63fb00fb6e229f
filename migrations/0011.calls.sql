-- 0011.calls: note which spans around calls a run lacks, so that each call counts once, and from which price a cost is.
--
-- locks    runs and events, against everyone, for a moment
-- safe     yes: older processes leave the columns empty, and count as before
--
-- What runs have counted before stays as it is. The costs of before say from which price they are once
-- `prices reprice` has passed them.

SET LOCAL lock_timeout = '2s';

ALTER TABLE runs
    ADD COLUMN awaited_spans uuid[] NOT NULL DEFAULT '{}';

COMMENT ON COLUMN runs.awaited_spans IS 'The nearest spans around its calls with usage that the run does not hold yet: should one be in such a call itself, the calls inside stop counting. At most 1,000';

ALTER TABLE events
    ADD COLUMN priced_as jsonb;

COMMENT ON COLUMN events.priced_as IS 'The price in model_prices that a computed cost comes from: model, valid_from, provider (none: of the operator''s file), above_tokens (none: 0)';

CREATE VIEW priced_events AS
SELECT e.event_id, e.run_id, r.run_name, e.agent_name, e.event_type, e.timestamp,
       e.parent_event_id, e.previous_event_id,
       e.model, e.tokens_in, e.tokens_out, e.cost, e.cost_source, e.priced_as,
       e.latency_us / 1000.0 AS latency_ms,
       e.is_error, e.data, e.created_at, e.tie
  FROM runs   AS r
  JOIN events AS e
    ON e.received_on = r.received_on
   AND e.run_id      = r.run_id;

COMMENT ON VIEW priced_events IS 'Events as the API returns them: event_details and from which price the cost is. Select by run_id: the run names the one partition to read. Queries select all columns of it, so its columns never change: another set of columns is another view.';
