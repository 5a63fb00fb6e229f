-- events/copy: store events, sorted by (run_id, event_id), none of which is stored already.
--
-- The writer has locked their runs and run events/stored, so no duplicate can appear in between. The
-- primary key would abort the transaction.
--
-- plan     a copy into one partition, rarely two
-- try      (psql reads the rows from its input, in COPY's text format)

COPY events (received_on, run_id, event_id, agent_name, event_type, timestamp,
             parent_event_id, previous_event_id, model, tokens_in, tokens_out,
             cached_tokens, cache_write_tokens, reasoning_tokens, cost, cost_source,
             latency_us, stamped_at_end, tie, tool, is_error, error_fingerprint, priced_as, repeats, data)
FROM STDIN;
