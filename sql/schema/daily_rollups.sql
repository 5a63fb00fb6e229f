-- daily_rollups: sums by day (UTC) along one dimension at a time.
-- A table that the fold adds to, not a materialized view: at 100 agents x 90 days its refresh took
-- 263 ms, adding what changed takes 5. The small totals are materialized from it.

CREATE TABLE daily_rollups (
    dimension   text    NOT NULL,
    name        text    NOT NULL,
    day         date    NOT NULL,
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
    cached_tokens      numeric NOT NULL DEFAULT 0,
    cache_write_tokens numeric NOT NULL DEFAULT 0,
    reasoning_tokens   numeric NOT NULL DEFAULT 0,
    CONSTRAINT daily_rollups_pkey PRIMARY KEY (dimension, name, day),
    CONSTRAINT daily_rollups_dimension_check
        CHECK (dimension IN ('all', 'agent', 'event_type', 'model', 'tool'))
) WITH (fillfactor = 80);

CREATE INDEX daily_rollups_dimension_day_idx ON daily_rollups (dimension, day);

COMMENT ON TABLE daily_rollups IS 'Sums by day (UTC): of all, by agent, by event_type, by model, by tool (empty: none). Every event is in it once per dimension: never sum over them.';

CREATE VIEW waiting_rollups AS
SELECT 'all' AS dimension, '' AS name, (m.quarter_hour AT TIME ZONE 'UTC')::date AS day,
       m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
       m.completed, m.failed, m.duration_us,
       m.cached_tokens, m.cache_write_tokens, m.reasoning_tokens
  FROM metric_deltas AS m
 UNION ALL
SELECT 'agent', m.agent_name, (m.quarter_hour AT TIME ZONE 'UTC')::date,
       m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
       m.completed, m.failed, m.duration_us,
       m.cached_tokens, m.cache_write_tokens, m.reasoning_tokens
  FROM metric_deltas AS m
 UNION ALL
SELECT 'event_type', m.event_type, (m.quarter_hour AT TIME ZONE 'UTC')::date,
       m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
       m.completed, m.failed, m.duration_us,
       m.cached_tokens, m.cache_write_tokens, m.reasoning_tokens
  FROM metric_deltas AS m
 WHERE m.event_type <> ''
 UNION ALL
SELECT 'model', m.model, (m.quarter_hour AT TIME ZONE 'UTC')::date,
       m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
       m.completed, m.failed, m.duration_us,
       m.cached_tokens, m.cache_write_tokens, m.reasoning_tokens
  FROM metric_deltas AS m
 WHERE m.event_type <> ''
 UNION ALL
SELECT 'tool', m.tool, (m.quarter_hour AT TIME ZONE 'UTC')::date,
       m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
       m.completed, m.failed, m.duration_us,
       m.cached_tokens, m.cache_write_tokens, m.reasoning_tokens
  FROM metric_deltas AS m
 WHERE m.event_type <> '';

COMMENT ON VIEW waiting_rollups IS 'What waits in metric_deltas for daily_rollups';

CREATE VIEW daily_rollups_parts AS
SELECT r.dimension, r.name, r.day,
       r.events, r.errors, r.tokens_in, r.tokens_out, r.cost, r.latency_us, r.runs,
       r.completed, r.failed, r.duration_us,
       r.cached_tokens, r.cache_write_tokens, r.reasoning_tokens
  FROM daily_rollups AS r
 UNION ALL
SELECT w.dimension, w.name, w.day,
       w.events, w.errors, w.tokens_in, w.tokens_out, w.cost, w.latency_us, w.runs,
       w.completed, w.failed, w.duration_us,
       w.cached_tokens, w.cache_write_tokens, w.reasoning_tokens
  FROM waiting_rollups AS w;

COMMENT ON VIEW daily_rollups_parts IS 'The rows of daily_rollups and of what waits in metric_deltas for it, not added up: sum what you group otherwise than daily_rollups_live does; exact in every snapshot';

CREATE VIEW daily_rollups_live AS
SELECT p.dimension, p.name, p.day,
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
       sum(p.cached_tokens)         AS cached_tokens,
       sum(p.cache_write_tokens)    AS cache_write_tokens,
       sum(p.reasoning_tokens)      AS reasoning_tokens
  FROM daily_rollups_parts AS p
 GROUP BY p.dimension, p.name, p.day;

COMMENT ON VIEW daily_rollups_live IS 'Sums by day (UTC) along one dimension at a time, exact in every snapshot. Ask for one dimension; the daily_..._totals_live are cut from it.';

CREATE VIEW daily_totals_live AS
SELECT r.day, r.events, r.errors, r.tokens_in, r.tokens_out, r.cost, r.latency_us, r.runs,
       r.completed, r.failed, r.duration_us,
       r.cached_tokens, r.cache_write_tokens, r.reasoning_tokens
  FROM daily_rollups_live AS r
 WHERE r.dimension = 'all';

COMMENT ON VIEW daily_totals_live IS 'What all agents did, by day (UTC), exact in every snapshot';

CREATE VIEW daily_agent_totals_live AS
SELECT r.name AS agent_name, r.day, r.events, r.errors, r.tokens_in, r.tokens_out, r.cost,
       r.latency_us, r.runs, r.completed, r.failed, r.duration_us,
       r.cached_tokens, r.cache_write_tokens, r.reasoning_tokens
  FROM daily_rollups_live AS r
 WHERE r.dimension = 'agent';

COMMENT ON VIEW daily_agent_totals_live IS 'Sums by agent and day (UTC), exact in every snapshot';

CREATE VIEW daily_event_type_totals_live AS
SELECT r.name AS event_type, r.day, r.events, r.errors, r.tokens_in, r.tokens_out, r.cost,
       r.latency_us, r.cached_tokens, r.cache_write_tokens, r.reasoning_tokens
  FROM daily_rollups_live AS r
 WHERE r.dimension = 'event_type';

COMMENT ON VIEW daily_event_type_totals_live IS 'Sums by event type and day (UTC), exact in every snapshot';

CREATE VIEW event_type_totals_live AS
SELECT r.event_type,
       sum(r.events)::bigint AS events,
       sum(r.errors)::bigint AS errors,
       sum(r.tokens_in)      AS tokens_in,
       sum(r.tokens_out)     AS tokens_out,
       sum(r.cost)           AS cost,
       sum(r.latency_us)     AS latency_us,
       sum(r.cached_tokens)      AS cached_tokens,
       sum(r.cache_write_tokens) AS cache_write_tokens,
       sum(r.reasoning_tokens)   AS reasoning_tokens
  FROM daily_event_type_totals_live AS r
 GROUP BY r.event_type;

COMMENT ON VIEW event_type_totals_live IS 'What the events of each type add up to, exact in every snapshot';

CREATE VIEW daily_model_totals_live AS
SELECT r.name AS model, r.day, r.events, r.errors, r.tokens_in, r.tokens_out, r.cost,
       r.latency_us, r.cached_tokens, r.cache_write_tokens, r.reasoning_tokens
  FROM daily_rollups_live AS r
 WHERE r.dimension = 'model'
   AND r.name <> '';

COMMENT ON VIEW daily_model_totals_live IS 'Sums by model and day (UTC) of the events that name one, exact in every snapshot';
