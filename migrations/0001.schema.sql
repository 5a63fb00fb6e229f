-- 0001.schema: create agents, runs and events, and the views that queries select from.
--
-- locks    nothing that exists
-- safe     yes: no code runs before the first release
--
-- The CHECKs of events cost nothing that can be measured: COPY takes 6.5 µs of CPU per event with them and
-- with xid8, 6.4 without the CHECKs, and 6.6 with ingest_xid as bigint, whose default goes through text.

SET LOCAL lock_timeout = '2s';

CREATE TABLE agents (
    name        text        NOT NULL,
    description text,
    run_counter bigint      NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT agents_pkey PRIMARY KEY (name),
    CONSTRAINT agents_run_counter_check CHECK (run_counter >= 0)
) WITH (fillfactor = 50);

COMMENT ON TABLE agents IS 'Every agent name seen. The row''s lock serialises the naming of its runs; half-filled pages keep the counter''s updates HOT.';

COMMENT ON COLUMN agents.run_counter IS 'The N of the last `run N` that the service gave; may have gaps';

CREATE TABLE runs (
    run_id          uuid        NOT NULL,
    received_on     date        NOT NULL,
    agent_name      text        NOT NULL,
    run_name        text        NOT NULL,
    environment     text        NOT NULL,
    status          text        NOT NULL DEFAULT 'active',
    started_at      timestamptz,
    last_event_at   timestamptz,
    duration_us     bigint      NOT NULL DEFAULT 0,
    total_cost      numeric     NOT NULL DEFAULT 0,
    tokens_in       bigint      NOT NULL DEFAULT 0,
    tokens_out      bigint      NOT NULL DEFAULT 0,
    event_count     bigint      NOT NULL DEFAULT 0,
    error_count     bigint      NOT NULL DEFAULT 0,
    metadata        jsonb       NOT NULL DEFAULT '{}',
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    owner_is_root   boolean     NOT NULL,
    owner_at        timestamptz NOT NULL,
    owner_event_id  uuid        NOT NULL,
    owner_parent_id uuid,
    requested_name  text,
    requested_at    timestamptz,
    renamed         boolean     NOT NULL DEFAULT false,
    environment_at  timestamptz,
    moved_xid       xid8,
    CONSTRAINT runs_pkey PRIMARY KEY (run_id),
    CONSTRAINT runs_agent_name_fkey FOREIGN KEY (agent_name) REFERENCES agents (name),
    CONSTRAINT runs_agent_name_run_name_key UNIQUE (agent_name, run_name),
    CONSTRAINT runs_status_check CHECK (status IN ('active', 'completed', 'failed')),
    CONSTRAINT runs_sign_check CHECK (duration_us >= 0 AND total_cost >= 0 AND tokens_in >= 0
                                      AND tokens_out >= 0 AND error_count >= 0
                                      AND event_count >= 0)
) WITH (fillfactor = 70);

CREATE INDEX runs_agent_name_created_at_idx ON runs (agent_name, created_at DESC, run_id DESC);

CREATE INDEX runs_created_at_idx ON runs (created_at DESC);

CREATE INDEX runs_moved_xid_idx ON runs (agent_name, moved_xid, run_id) WHERE moved_xid IS NOT NULL;

COMMENT ON TABLE runs IS 'One row per run. No index on a mutable total: three of them took HOT updates from 43 % to 0 %.';

COMMENT ON COLUMN runs.received_on IS 'The day on which the service first saw the run: its events are in the partition of this day';

COMMENT ON COLUMN runs.owner_is_root IS 'Whether the event that gives the run its agent is a root agent_start; else it is the earliest event';

COMMENT ON COLUMN runs.owner_parent_id IS 'The parent that the owning event names: when that event is stored, runs select their owner again';

COMMENT ON COLUMN runs.requested_name IS 'The run_name of the earliest event that has one; run_name may add (2), (3), …';

COMMENT ON COLUMN runs.renamed IS 'Renamed by a user: events no longer change the name';

COMMENT ON COLUMN runs.environment_at IS 'The timestamp of the event that environment comes from; NULL: it is the ENVIRONMENT of the service';

COMMENT ON COLUMN runs.moved_xid IS 'The transaction that moved the run to its agent: that agent''s streams send its events from this transaction on; NULL: never moved';

COMMENT ON INDEX runs_moved_xid_idx IS 'Which runs moved to an agent after a position of its live tail. Most runs never move, and have no entry';

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
    CONSTRAINT events_pkey PRIMARY KEY (received_on, run_id, event_id),
    CONSTRAINT events_cost_source_check CHECK (
        CASE WHEN cost IS NULL THEN cost_source IS NULL
             ELSE cost >= 0 AND cost_source IS NOT NULL AND cost_source IN ('client', 'computed') END),
    CONSTRAINT events_sign_check CHECK (tokens_in >= 0 AND tokens_out >= 0 AND latency_us >= 0)
) PARTITION BY RANGE (received_on);

CREATE TABLE events_default PARTITION OF events DEFAULT;

COMMENT ON TABLE events IS 'What the agents did. Select with received_on and run_id together, to read one partition. No foreign key to runs, because that cost a quarter of ingest: the ingest statements guarantee the runs.';

COMMENT ON COLUMN events.ingest_xid IS 'The transaction that stored the event (pg_current_xact_id): rows below a snapshot''s xmin are complete and have a stable order';

COMMENT ON COLUMN events.cost_source IS 'client: the client sent the cost. computed: from model_prices';

CREATE INDEX events_ingest_xid_idx ON events (ingest_xid);

COMMENT ON INDEX events_ingest_xid_idx IS 'The order of the live tail. The events of a transaction share an entry: 3 to 5 % of the cost of storing them';

CREATE VIEW run_details AS
SELECT r.run_id, r.received_on, r.run_name, r.agent_name, r.environment, r.status,
       r.duration_us / 1000.0 AS total_duration_ms,
       r.total_cost, r.tokens_in, r.tokens_out, r.event_count, r.error_count,
       r.metadata, r.created_at, r.updated_at
  FROM runs AS r;

COMMENT ON VIEW run_details IS 'Runs as the API returns them. Queries select all columns of it, so its columns never change: another set of columns is another view.';

CREATE VIEW event_details AS
SELECT e.event_id, e.run_id, r.run_name, e.agent_name, e.event_type, e.timestamp,
       e.parent_event_id, e.previous_event_id,
       e.model, e.tokens_in, e.tokens_out, e.cost, e.cost_source,
       e.latency_us / 1000.0 AS latency_ms,
       e.is_error, e.data, e.created_at
  FROM runs   AS r
  JOIN events AS e
    ON e.received_on = r.received_on
   AND e.run_id      = r.run_id;

COMMENT ON VIEW event_details IS 'Events as the API returns them. Select by run_id: the run names the one partition to read. Queries select all columns of it, so its columns never change: another set of columns is another view.';

CREATE VIEW exported_runs AS
SELECT r.run_id, r.received_on, r.agent_name, r.run_name,
       r.requested_name IS NOT NULL OR r.renamed AS is_named,
       r.environment, r.status, r.started_at, r.last_event_at,
       r.duration_us / 1000.0 AS total_duration_ms,
       r.total_cost::text     AS total_cost,
       r.tokens_in, r.tokens_out, r.event_count, r.error_count,
       r.metadata, r.created_at, r.updated_at
  FROM runs AS r;

COMMENT ON VIEW exported_runs IS 'Runs as exports write them. Queries select all columns of it, so its columns never change: another set of columns is another view.';
