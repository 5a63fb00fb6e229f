-- 0026.metric-parts: read the metrics' rows and what waits for them without adding up each row first.
--
-- locks    the views of the metrics, against everyone, for an instant
-- safe     yes: the other views' columns stay as they are

SET LOCAL lock_timeout = '2s';

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

CREATE OR REPLACE VIEW daily_metrics_live AS
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

CREATE OR REPLACE VIEW quarter_hour_metrics_live AS
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

CREATE VIEW daily_latency_parts AS
SELECT d.agent_name, d.day, d.event_type, d.model, d.latency_bucket, d.events, d.tool
  FROM daily_latency AS d
 UNION ALL
SELECT m.agent_name, (m.quarter_hour AT TIME ZONE 'UTC')::date, m.event_type, m.model, b.latency_bucket, b.events, m.tool
  FROM metric_deltas AS m
 CROSS JOIN unnest(m.latency_buckets, m.latency_counts) AS b (latency_bucket, events);

COMMENT ON VIEW daily_latency_parts IS 'The rows of daily_latency and of what waits in metric_deltas for it, not added up: sum what you group otherwise than daily_latency_live does; exact in every snapshot';

CREATE OR REPLACE VIEW daily_latency_live AS
SELECT p.agent_name, p.day, p.event_type, p.model, p.latency_bucket,
       sum(p.events)::bigint AS events,
       p.tool
  FROM daily_latency_parts AS p
 GROUP BY p.agent_name, p.day, p.event_type, p.model, p.latency_bucket, p.tool;

CREATE VIEW quarter_hour_latency_parts AS
SELECT d.agent_name, d.quarter_hour, d.event_type, d.model, d.latency_bucket, d.events, d.tool
  FROM quarter_hour_latency AS d
 UNION ALL
SELECT m.agent_name, m.quarter_hour, m.event_type, m.model, b.latency_bucket, b.events, m.tool
  FROM metric_deltas AS m
 CROSS JOIN unnest(m.latency_buckets, m.latency_counts) AS b (latency_bucket, events);

COMMENT ON VIEW quarter_hour_latency_parts IS 'The rows of quarter_hour_latency and of what waits in metric_deltas for it, not added up: sum what you group otherwise than quarter_hour_latency_live does; exact in every snapshot';

CREATE OR REPLACE VIEW quarter_hour_latency_live AS
SELECT p.agent_name, p.quarter_hour, p.event_type, p.model, p.latency_bucket,
       sum(p.events)::bigint AS events,
       p.tool
  FROM quarter_hour_latency_parts AS p
 GROUP BY p.agent_name, p.quarter_hour, p.event_type, p.model, p.latency_bucket, p.tool;

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

CREATE OR REPLACE VIEW daily_rollups_live AS
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

CREATE VIEW daily_latency_rollups_parts AS
SELECT r.dimension, r.name, r.day, r.latency_bucket, r.events
  FROM daily_latency_rollups AS r
 UNION ALL
SELECT w.dimension, w.name, w.day, w.latency_bucket, w.events
  FROM waiting_latency_rollups AS w;

COMMENT ON VIEW daily_latency_rollups_parts IS 'The rows of daily_latency_rollups and of what waits in metric_deltas for it, not added up: sum what you group otherwise than daily_latency_rollups_live does; exact in every snapshot';

CREATE OR REPLACE VIEW daily_latency_rollups_live AS
SELECT p.dimension, p.name, p.day, p.latency_bucket,
       sum(p.events)::bigint AS events
  FROM daily_latency_rollups_parts AS p
 GROUP BY p.dimension, p.name, p.day, p.latency_bucket;

-- Their columns may now grow: every query names what it reads.
COMMENT ON VIEW shown_runs IS 'Runs as the API returns them';
COMMENT ON VIEW paged_runs IS 'Runs as lists return them: shown_runs, but metadata above 16 KB is left out, since a page has up to 1,000 runs.';
COMMENT ON VIEW written_runs IS 'Runs as exports write them';
COMMENT ON VIEW priced_events IS 'Events as the API returns them: event_details and from which price the cost is. Select by run_id: the run names the one partition to read.';
COMMENT ON VIEW score_details IS 'Scores as the API returns them';
