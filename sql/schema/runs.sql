-- runs: one row per run, with the totals of its events.

CREATE TABLE runs (
    run_id          uuid        NOT NULL,
    received_on     date        NOT NULL,
    agent_name      text        NOT NULL,
    run_name        text        NOT NULL,
    environment     text        NOT NULL,
    status          text        NOT NULL DEFAULT 'active',
    started_at      timestamptz NOT NULL,
    last_event_at   timestamptz NOT NULL,
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
    ended_at        timestamptz NOT NULL,
    pending_ends    uuid[]      NOT NULL DEFAULT '{}',
    owner_tie       integer     NOT NULL DEFAULT 0,
    awaited_spans   uuid[]      NOT NULL DEFAULT '{}',
    session_id      text,
    user_id         text,
    tags            text[]      NOT NULL DEFAULT '{}',
    version         text,
    first_error     jsonb,
    field_sources   jsonb       NOT NULL DEFAULT '{}',
    cached_tokens   bigint      NOT NULL DEFAULT 0,
    cache_write_tokens bigint   NOT NULL DEFAULT 0,
    reasoning_tokens bigint     NOT NULL DEFAULT 0,
    metadata_bytes  integer,
    CONSTRAINT runs_pkey PRIMARY KEY (run_id),
    CONSTRAINT runs_agent_name_fkey FOREIGN KEY (agent_name) REFERENCES agents (name),
    CONSTRAINT runs_agent_name_run_name_key UNIQUE (agent_name, run_name),
    CONSTRAINT runs_status_check CHECK (status IN ('active', 'completed', 'failed')),
    CONSTRAINT runs_sign_check CHECK (duration_us >= 0 AND total_cost >= 0 AND tokens_in >= 0
                                      AND tokens_out >= 0 AND error_count >= 0
                                      AND event_count >= 0 AND cached_tokens >= 0
                                      AND cache_write_tokens >= 0 AND reasoning_tokens >= 0)
) WITH (fillfactor = 70);

CREATE INDEX runs_agent_name_created_at_idx ON runs (agent_name, created_at DESC, run_id DESC);

CREATE INDEX runs_agent_name_started_at_idx ON runs (agent_name, started_at DESC, run_id DESC);

CREATE INDEX runs_started_at_idx ON runs (started_at DESC);

CREATE INDEX runs_session_id_idx ON runs (session_id, started_at DESC, run_id DESC) WHERE session_id IS NOT NULL;

CREATE INDEX runs_user_id_idx ON runs (user_id, started_at DESC, run_id DESC) WHERE user_id IS NOT NULL;

CREATE INDEX runs_version_idx ON runs (agent_name, version, started_at DESC, run_id DESC) WHERE version IS NOT NULL;

CREATE INDEX runs_moved_xid_idx ON runs (agent_name, moved_xid, run_id) WHERE moved_xid IS NOT NULL;

COMMENT ON TABLE runs IS 'One row per run. No index on a mutable total: three of them took HOT updates from 43 % to 0 %.';

COMMENT ON COLUMN runs.received_on IS 'The day on which the service first saw the run: its events are in the partition of this day';

COMMENT ON COLUMN runs.started_at IS 'The earliest beginning of an event. Set when the run is created, so that the totals which follow are HOT updates';

COMMENT ON COLUMN runs.ended_at IS 'The latest end of an event; duration_us is the difference';

COMMENT ON COLUMN runs.last_event_at IS 'The latest timestamp of an event';

COMMENT ON COLUMN runs.owner_is_root IS 'Whether the event that gives the run its agent is the root agent_start, whose end is the run''s; else it is the earliest event';

COMMENT ON COLUMN runs.owner_parent_id IS 'The parent that the owning event names: when that event is stored, runs select their owner again';

COMMENT ON COLUMN runs.owner_tie IS 'The tie of the owning event';

COMMENT ON COLUMN runs.requested_name IS 'The run_name of the earliest event that has one; run_name may add (2), (3), …';

COMMENT ON COLUMN runs.renamed IS 'Renamed by a user: events no longer change the name';

COMMENT ON COLUMN runs.environment_at IS 'The timestamp of the event that environment comes from; NULL: it is the ENVIRONMENT of the service';

COMMENT ON COLUMN runs.status IS 'How the root ended. The end of an inner agent neither ends nor fails the run';

COMMENT ON COLUMN runs.pending_ends IS 'The events that an agent_end names and the run does not hold yet: should one be the agent_start of an inner agent, the status is found again. Mostly empty';

COMMENT ON COLUMN runs.awaited_spans IS 'The nearest spans around its calls with usage that the run does not hold yet: should one be in such a call itself, the calls inside stop counting. At most 1,000';

COMMENT ON COLUMN runs.session_id IS 'The session that the root names, else the earliest event that names one; so are user_id, tags and version';

COMMENT ON COLUMN runs.first_error IS 'The type and the text of the earliest event that is an error';

COMMENT ON COLUMN runs.field_sources IS 'Of each of these fields the event that it is from, as in run_fields: one that comes later may win over it';

COMMENT ON COLUMN runs.moved_xid IS 'The transaction that moved the run to its agent: that agent''s streams send its events from this transaction on; NULL: never moved';

COMMENT ON COLUMN runs.cached_tokens IS 'Of tokens_in, those that were read from the provider''s cache, of the events that say so; so are cache_write_tokens, and of tokens_out reasoning_tokens';

COMMENT ON COLUMN runs.metadata_bytes IS 'Of metadata as printed. NULL: not measured, as of runs with little metadata from before the column';

COMMENT ON INDEX runs_moved_xid_idx IS 'Which runs moved to an agent after a position of its live tail. Most runs never move, and have no entry';
