-- retired_metrics: what runs that retention removed counted for.
-- counted_metrics: that and run_metrics, which is all that the metrics must add up to.

CREATE TABLE retired_metrics (
    retired_id     bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    agent_name     text        NOT NULL,
    quarter_hour   timestamptz NOT NULL,
    event_type     text        NOT NULL,
    model          text        NOT NULL,
    latency_bucket smallint,
    events         bigint      NOT NULL,
    errors         bigint      NOT NULL,
    tokens_in      numeric     NOT NULL,
    tokens_out     numeric     NOT NULL,
    cost           numeric     NOT NULL,
    latency_us     numeric     NOT NULL,
    runs           bigint      NOT NULL,
    completed      bigint      NOT NULL,
    failed         bigint      NOT NULL,
    duration_us    numeric     NOT NULL,
    tool           text        NOT NULL DEFAULT '',
    cached_tokens  numeric     NOT NULL DEFAULT 0,
    cache_write_tokens numeric NOT NULL DEFAULT 0,
    reasoning_tokens numeric   NOT NULL DEFAULT 0,
    CONSTRAINT retired_metrics_pkey PRIMARY KEY (retired_id),
    CONSTRAINT retired_metrics_sign_check CHECK (least(events, errors, tokens_in, tokens_out, cost, latency_us,
                                                       runs, completed, failed, duration_us, cached_tokens, cache_write_tokens,
                                                       reasoning_tokens) >= 0)
);

CREATE INDEX retired_metrics_agent_name_idx ON retired_metrics (agent_name);

COMMENT ON TABLE retired_metrics IS 'What runs that retention removed counted for, moved here in the transaction that dropped them: the metrics still have it, and verify adds it in. Each drop appends, so an agent may have several rows of the same quarter hour, type, model and tool.';

COMMENT ON COLUMN retired_metrics.quarter_hour IS 'As in run_metrics; the beginning of the day (UTC) where quarter hours are no longer kept';

CREATE VIEW counted_metrics AS
SELECT m.agent_name, m.quarter_hour, m.event_type, m.model, m.latency_bucket, m.events, m.errors,
       m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs, m.completed, m.failed,
       m.duration_us, m.tool, m.cached_tokens, m.cache_write_tokens, m.reasoning_tokens
  FROM run_metrics AS m
 UNION ALL
SELECT t.agent_name, t.quarter_hour, t.event_type, t.model, t.latency_bucket, t.events, t.errors,
       t.tokens_in, t.tokens_out, t.cost, t.latency_us, t.runs, t.completed, t.failed,
       t.duration_us, t.tool, t.cached_tokens, t.cache_write_tokens, t.reasoning_tokens
  FROM retired_metrics AS t;

COMMENT ON VIEW counted_metrics IS 'All that the metrics must add up to: what runs contribute, and what runs that retention removed did. Ask with agent_name.';
