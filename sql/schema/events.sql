-- events: what the agents did, partitioned by the week in which the service first saw the run.
-- The service makes the weekly partitions: events_YYYYMMDD, named for their Monday.
-- The CHECKs cost nothing that can be measured: COPY takes 6.5 µs of CPU per event with them and with xid8,
-- 6.4 without the CHECKs, and 6.6 with ingest_xid as bigint, whose default goes through text.

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
    ingest_xid        xid8        NOT NULL DEFAULT pg_current_xact_id(),
    created_at        timestamptz NOT NULL DEFAULT now(),
    stamped_at_end    boolean     NOT NULL DEFAULT true,
    tie               integer     NOT NULL DEFAULT 0,
    priced_as         jsonb,
    error_fingerprint bigint,
    tool              text,
    cached_tokens     bigint,
    cache_write_tokens bigint,
    reasoning_tokens  bigint,
    repeats           uuid,
    CONSTRAINT events_pkey PRIMARY KEY (received_on, run_id, event_id),
    CONSTRAINT events_cost_source_check CHECK (
        CASE WHEN cost IS NULL THEN cost_source IS NULL
             ELSE cost >= 0 AND cost_source IS NOT NULL AND cost_source IN ('client', 'computed') END),
    CONSTRAINT events_sign_check CHECK (tokens_in >= 0 AND tokens_out >= 0 AND cached_tokens >= 0 AND cache_write_tokens >= 0
                                        AND reasoning_tokens >= 0 AND latency_us >= 0)
) PARTITION BY RANGE (received_on);

CREATE TABLE events_default PARTITION OF events DEFAULT;

COMMENT ON TABLE events IS 'What the agents did. Select with received_on and run_id together, to read one partition. No foreign key to runs, because that cost a quarter of ingest: the ingest statements guarantee the runs.';

COMMENT ON COLUMN events.ingest_xid IS 'The transaction that stored the event (pg_current_xact_id): rows below a snapshot''s xmin are complete and have a stable order';

COMMENT ON COLUMN events.cost_source IS 'client: the client sent the cost. computed: from model_prices';

COMMENT ON COLUMN events.priced_as IS 'The price in model_prices that a computed cost comes from: model, valid_from, provider (none: of the operator''s file), above_tokens (none: 0)';

COMMENT ON COLUMN events.stamped_at_end IS 'Whether timestamp is when the event ended. False for agent_start and for spans, which are stamped when they begin';

COMMENT ON COLUMN events.tie IS 'The order of events of one microsecond: the nanoseconds of a span times 2^20, and the place in the request';

COMMENT ON COLUMN events.error_fingerprint IS 'Of an error: a hash of what it says, without its values (error_texts). Equal for errors of one group';

COMMENT ON COLUMN events.cached_tokens IS 'Of tokens_in, those that were read from the provider''s cache; NULL: not said';

COMMENT ON COLUMN events.cache_write_tokens IS 'Of tokens_in, those that were written to the cache; NULL: not said';

COMMENT ON COLUMN events.reasoning_tokens IS 'Of tokens_out, those of reasoning; NULL: not said';

COMMENT ON COLUMN events.repeats IS 'The event that counts in place of this call; NULL: its own figures count';

COMMENT ON COLUMN events.tool IS 'The name of the tool of a tool_call: tool_name of data, else its name';

CREATE INDEX events_ingest_xid_idx ON events (ingest_xid);

COMMENT ON INDEX events_ingest_xid_idx IS 'The order of the live tail. The events of a transaction share an entry: 3 to 5 % of the cost of storing them';

CREATE INDEX events_timestamp_error_fingerprint_run_id_idx ON events (timestamp)
 INCLUDE (error_fingerprint, run_id)
 WHERE error_fingerprint IS NOT NULL;

COMMENT ON INDEX events_timestamp_error_fingerprint_run_id_idx IS 'The errors of a time, to be grouped without reading the events';

CREATE INDEX events_error_fingerprint_timestamp_idx ON events (error_fingerprint, timestamp)
 WHERE error_fingerprint IS NOT NULL;

COMMENT ON INDEX events_error_fingerprint_timestamp_idx IS 'The newest errors of a group';
