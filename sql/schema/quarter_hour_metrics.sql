-- quarter_hour_metrics: what the deltas fold into, by quarter hour: hours and days of every time zone.

CREATE TABLE quarter_hour_metrics (
    agent_name   text        NOT NULL,
    quarter_hour timestamptz NOT NULL,
    event_type   text        NOT NULL,
    model        text        NOT NULL,
    events       bigint      NOT NULL DEFAULT 0,
    errors       bigint      NOT NULL DEFAULT 0,
    tokens_in    numeric     NOT NULL DEFAULT 0,
    tokens_out   numeric     NOT NULL DEFAULT 0,
    cost         numeric     NOT NULL DEFAULT 0,
    latency_us   numeric     NOT NULL DEFAULT 0,
    runs         bigint      NOT NULL DEFAULT 0,
    completed    bigint      NOT NULL DEFAULT 0,
    failed       bigint      NOT NULL DEFAULT 0,
    duration_us  numeric     NOT NULL DEFAULT 0,
    tool         text        NOT NULL DEFAULT '',
    cached_tokens      numeric NOT NULL DEFAULT 0,
    cache_write_tokens numeric NOT NULL DEFAULT 0,
    reasoning_tokens   numeric NOT NULL DEFAULT 0,
    CONSTRAINT quarter_hour_metrics_pkey PRIMARY KEY (agent_name, quarter_hour, event_type, model, tool)
) WITH (fillfactor = 80);

CREATE INDEX quarter_hour_metrics_quarter_hour_idx ON quarter_hour_metrics (quarter_hour);

COMMENT ON TABLE quarter_hour_metrics IS 'Sums by agent, quarter hour, type, model and tool of the event, kept for 93 days, without what still waits in metric_deltas: ask quarter_hour_metrics_live';

CREATE VIEW quarter_hour_metrics_parts AS
SELECT d.agent_name, d.quarter_hour, d.event_type, d.model,
       d.events, d.errors, d.tokens_in, d.tokens_out, d.cost, d.latency_us, d.runs,
       d.completed, d.failed, d.duration_us, d.tool,
       d.cached_tokens, d.cache_write_tokens, d.reasoning_tokens
  FROM quarter_hour_metrics AS d
 UNION ALL
SELECT m.agent_name, m.quarter_hour, m.event_type, m.model,
       m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
       m.completed, m.failed, m.duration_us, m.tool,
       m.cached_tokens, m.cache_write_tokens, m.reasoning_tokens
  FROM metric_deltas AS m;

COMMENT ON VIEW quarter_hour_metrics_parts IS 'The rows of quarter_hour_metrics and of what waits in metric_deltas for it, not added up: sum what you group otherwise than quarter_hour_metrics_live does; exact in every snapshot';

CREATE VIEW quarter_hour_metrics_live AS
SELECT p.agent_name, p.quarter_hour, p.event_type, p.model,
       sum(p.events)::bigint        AS events,
       sum(p.errors)::bigint        AS errors,
       sum(p.tokens_in)             AS tokens_in,
       sum(p.tokens_out)            AS tokens_out,
       sum(p.cost)                  AS cost,
       sum(p.latency_us)            AS latency_us,
       sum(p.runs)::bigint          AS runs,
       sum(p.completed)::bigint     AS completed,
       sum(p.failed)::bigint        AS failed,
       sum(p.duration_us)           AS duration_us,
       p.tool,
       sum(p.cached_tokens)         AS cached_tokens,
       sum(p.cache_write_tokens)    AS cache_write_tokens,
       sum(p.reasoning_tokens)      AS reasoning_tokens
  FROM quarter_hour_metrics_parts AS p
 GROUP BY p.agent_name, p.quarter_hour, p.event_type, p.model, p.tool;

COMMENT ON VIEW quarter_hour_metrics_live IS 'Sums by agent, quarter hour, type, model and tool of the event (empty: none), exact in every snapshot. Runs are in the rows whose event_type is empty, at their started_at.';
