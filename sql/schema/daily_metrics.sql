-- daily_metrics: what the deltas fold into, by day (UTC); the materialized views read it.

CREATE TABLE daily_metrics (
    agent_name  text    NOT NULL,
    day         date    NOT NULL,
    event_type  text    NOT NULL,
    model       text    NOT NULL,
    events      bigint  NOT NULL DEFAULT 0,
    errors      bigint  NOT NULL DEFAULT 0,
    tokens_in   numeric NOT NULL DEFAULT 0,
    tokens_out  numeric NOT NULL DEFAULT 0,
    cost        numeric NOT NULL DEFAULT 0,
    latency_us  numeric NOT NULL DEFAULT 0,
    runs        bigint  NOT NULL DEFAULT 0,
    completed   bigint  NOT NULL DEFAULT 0,
    failed      bigint  NOT NULL DEFAULT 0,
    duration_us numeric NOT NULL DEFAULT 0,
    tool        text    NOT NULL DEFAULT '',
    cached_tokens      numeric NOT NULL DEFAULT 0,
    cache_write_tokens numeric NOT NULL DEFAULT 0,
    reasoning_tokens   numeric NOT NULL DEFAULT 0,
    CONSTRAINT daily_metrics_pkey PRIMARY KEY (agent_name, day, event_type, model, tool)
) WITH (fillfactor = 80);

CREATE INDEX daily_metrics_day_idx ON daily_metrics (day);

COMMENT ON TABLE daily_metrics IS 'Sums by agent, day (UTC), type, model and tool of the event, without what still waits in metric_deltas: ask daily_metrics_live';

CREATE VIEW daily_metrics_parts AS
SELECT d.agent_name, d.day, d.event_type, d.model,
       d.events, d.errors, d.tokens_in, d.tokens_out, d.cost, d.latency_us, d.runs,
       d.completed, d.failed, d.duration_us, d.tool,
       d.cached_tokens, d.cache_write_tokens, d.reasoning_tokens
  FROM daily_metrics AS d
 UNION ALL
SELECT m.agent_name, (m.quarter_hour AT TIME ZONE 'UTC')::date, m.event_type, m.model,
       m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
       m.completed, m.failed, m.duration_us, m.tool,
       m.cached_tokens, m.cache_write_tokens, m.reasoning_tokens
  FROM metric_deltas AS m;

COMMENT ON VIEW daily_metrics_parts IS 'The rows of daily_metrics and of what waits in metric_deltas for it, not added up: sum what you group otherwise than daily_metrics_live does; exact in every snapshot';

CREATE VIEW daily_metrics_live AS
SELECT p.agent_name, p.day, p.event_type, p.model,
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
  FROM daily_metrics_parts AS p
 GROUP BY p.agent_name, p.day, p.event_type, p.model, p.tool;

COMMENT ON VIEW daily_metrics_live IS 'Sums by agent, day (UTC), type, model and tool of the event (empty: none), exact in every snapshot. Runs are in the rows whose event_type is empty, at their started_at.';
