-- metric_deltas: what was stored or deleted and is not yet folded into the metric tables.
-- The key costs 1.7 µs of CPU per delta (4.2 in place of 2.5), and 100 events are mostly less than 10 deltas.
-- The folded tables have no CHECK on signs: a wrong sum is for verify to find, and must not stop folds.

CREATE TABLE metric_deltas (
    delta_id        bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    quarter_hour    timestamptz NOT NULL,
    agent_name      text        NOT NULL,
    event_type      text        NOT NULL DEFAULT '',
    model           text        NOT NULL DEFAULT '',
    events          bigint      NOT NULL DEFAULT 0,
    errors          bigint      NOT NULL DEFAULT 0,
    tokens_in       numeric     NOT NULL DEFAULT 0,
    tokens_out      numeric     NOT NULL DEFAULT 0,
    cost            numeric     NOT NULL DEFAULT 0,
    latency_us      numeric     NOT NULL DEFAULT 0,
    runs            bigint      NOT NULL DEFAULT 0,
    completed       bigint      NOT NULL DEFAULT 0,
    failed          bigint      NOT NULL DEFAULT 0,
    duration_us     numeric     NOT NULL DEFAULT 0,
    latency_buckets smallint[]  NOT NULL DEFAULT '{}',
    latency_counts  bigint[]    NOT NULL DEFAULT '{}',
    tool            text        NOT NULL DEFAULT '',
    cached_tokens   numeric     NOT NULL DEFAULT 0,
    cache_write_tokens numeric  NOT NULL DEFAULT 0,
    reasoning_tokens numeric    NOT NULL DEFAULT 0,
    CONSTRAINT metric_deltas_pkey PRIMARY KEY (delta_id),
    CONSTRAINT metric_deltas_latency_check CHECK (cardinality(latency_buckets) = cardinality(latency_counts))
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

COMMENT ON TABLE metric_deltas IS 'Appended in the transaction that stores or deletes, so that every snapshot adds up. Only DELETE: TRUNCATE would show wrong numbers to older snapshots. Sums have any sign: deletes of runs subtract.';

COMMENT ON COLUMN metric_deltas.delta_id IS 'For the replica identity alone: a published table without a key refuses DELETE. No fold goes by it, because ids are not in the order of commits.';

COMMENT ON COLUMN metric_deltas.quarter_hour IS 'Of the event''s timestamp; of a run''s started_at in the rows that count runs, whose event_type, model and tool are empty';

COMMENT ON COLUMN metric_deltas.agent_name IS 'The agent that the run belongs to, whatever the event says';

COMMENT ON COLUMN metric_deltas.model IS 'Empty: none';

COMMENT ON COLUMN metric_deltas.tool IS 'Of a tool_call; empty: none';

COMMENT ON COLUMN metric_deltas.latency_buckets IS 'The latency buckets in which something changed, with the changes in latency_counts';
