-- events/fill_stage: copy incoming rows into the stage, sorted by (run_id, event_id), no pair twice.
--
-- params   none
-- returns  nothing
-- rows     none
-- index    none
-- plan     none: a copy
-- try      (in a session that ran events/create_stage.sql)

COPY stage (request_no, position, received_on, run_id, event_id, agent_name, event_type, timestamp,
            parent_event_id, previous_event_id, model, tokens_in, tokens_out, cost, cost_source,
            latency_us, is_error, data)
FROM STDIN;
