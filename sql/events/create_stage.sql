-- events/create_stage: the writer's own table for incoming rows; emptied at each commit.
--
-- params   none
-- returns  nothing
-- rows     none
-- index    none
-- plan     none: a definition, once per connection
-- try      (no parameters)

CREATE TEMPORARY TABLE stage (
    request_no        integer,
    position          integer,
    received_on       date,
    run_id            uuid,
    event_id          uuid,
    agent_name        text,
    event_type        text,
    timestamp         timestamptz,
    parent_event_id   uuid,
    previous_event_id uuid,
    model             text,
    tokens_in         bigint,
    tokens_out        bigint,
    cost              numeric,
    cost_source       text,
    latency_us        bigint,
    is_error          boolean,
    data              jsonb
) ON COMMIT DELETE ROWS;
