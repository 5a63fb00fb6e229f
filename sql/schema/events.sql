-- events: what the agents did, partitioned by the week in which the service first saw the run.
-- The weekly partitions (events_YYYYMMDD, named for their Monday) are made by the service.

CREATE TABLE events (
    received_on       date        NOT NULL,
    run_id            uuid        NOT NULL,
    event_id          uuid        NOT NULL,
    agent_name        text        NOT NULL,
    event_type        text        NOT NULL,
    timestamp         timestamptz NOT NULL,
    parent_event_id   uuid,
    previous_event_id uuid,
    model             text,
    tokens_in         bigint,
    tokens_out        bigint,
    cost              numeric,
    cost_source       text,
    latency_us        bigint,
    is_error          boolean     NOT NULL,
    data              jsonb       NOT NULL,
    ingest_xid        bigint      NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
    created_at        timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT events_pkey PRIMARY KEY (received_on, run_id, event_id),
    CONSTRAINT events_cost_source_check CHECK (cost_source IN ('client', 'computed'))
) PARTITION BY RANGE (received_on);

CREATE TABLE events_default PARTITION OF events DEFAULT;

COMMENT ON TABLE events IS 'What the agents did. Ask with received_on and run_id together: then one partition is read. No foreign key to runs (it cost a quarter of ingest): the ingest statements guarantee it.';

COMMENT ON COLUMN events.ingest_xid IS 'The transaction that stored the event (pg_current_xact_id): rows below a snapshot''s xmin are complete and have a stable order';

COMMENT ON COLUMN events.cost_source IS 'client: as it was sent. computed: from the price table';

CREATE INDEX events_ingest_xid_idx ON events (ingest_xid);

COMMENT ON INDEX events_ingest_xid_idx IS 'Where a live tail goes on. The events of a transaction share an entry: 3 to 5 % of what storing them costs';
