-- 0024.token-parts, backwards: drop the columns.
--
-- locks    events, runs and the metric tables, against everyone, until it ends
-- loses    how many tokens of caches and of reasoning removed runs had; the data of events keep the numbers
-- lost     token-parts  retired_metrics.cached_tokens, retired_metrics.cache_write_tokens, retired_metrics.reasoning_tokens
--          tokens of caches and of reasoning of runs that retention removed: nothing can count them again
-- again    events.cached_tokens, events.cache_write_tokens, events.reasoning_tokens, runs.cached_tokens, runs.cache_write_tokens,
--          runs.reasoning_tokens, metric_deltas, daily_metrics, quarter_hour_metrics, daily_rollups, model_totals

SET LOCAL lock_timeout = '2s';

DROP VIEW model_totals_live;

DROP MATERIALIZED VIEW model_totals;

DROP VIEW daily_model_totals_live;
DROP VIEW event_type_totals_live;
DROP VIEW daily_event_type_totals_live;
DROP VIEW daily_agent_totals_live;
DROP VIEW daily_totals_live;
DROP VIEW daily_rollups_live;
DROP VIEW waiting_rollups;
DROP VIEW quarter_hour_metrics_live;
DROP VIEW daily_metrics_live;
DROP VIEW counted_metrics;
DROP VIEW run_metrics;
DROP VIEW priced_events;
DROP VIEW written_runs;
DROP VIEW paged_runs;
DROP VIEW shown_runs;
DROP VIEW run_facts;
DROP VIEW event_times;

ALTER TABLE metric_deltas
    DROP COLUMN cached_tokens,
    DROP COLUMN cache_write_tokens,
    DROP COLUMN reasoning_tokens;

ALTER TABLE daily_metrics
    DROP COLUMN cached_tokens,
    DROP COLUMN cache_write_tokens,
    DROP COLUMN reasoning_tokens;

ALTER TABLE quarter_hour_metrics
    DROP COLUMN cached_tokens,
    DROP COLUMN cache_write_tokens,
    DROP COLUMN reasoning_tokens;

ALTER TABLE daily_rollups
    DROP COLUMN cached_tokens,
    DROP COLUMN cache_write_tokens,
    DROP COLUMN reasoning_tokens;

ALTER TABLE retired_metrics
    DROP CONSTRAINT retired_metrics_sign_check,
    DROP COLUMN cached_tokens,
    DROP COLUMN cache_write_tokens,
    DROP COLUMN reasoning_tokens,
    ADD CONSTRAINT retired_metrics_sign_check CHECK (least(events, errors, tokens_in, tokens_out, cost, latency_us,
                                                       runs, completed, failed, duration_us) >= 0);

ALTER TABLE runs
    DROP CONSTRAINT runs_sign_check;

ALTER TABLE runs
    DROP COLUMN cached_tokens,
    DROP COLUMN cache_write_tokens,
    DROP COLUMN reasoning_tokens;

ALTER TABLE runs
    ADD CONSTRAINT runs_sign_check CHECK (duration_us >= 0 AND total_cost >= 0 AND tokens_in >= 0
                                          AND tokens_out >= 0 AND error_count >= 0
                                          AND event_count >= 0);

ALTER TABLE events
    DROP CONSTRAINT events_sign_check;

ALTER TABLE events
    DROP COLUMN cached_tokens,
    DROP COLUMN cache_write_tokens,
    DROP COLUMN reasoning_tokens;

ALTER TABLE events
    ADD CONSTRAINT events_sign_check CHECK (tokens_in >= 0 AND tokens_out >= 0 AND latency_us >= 0);

CREATE VIEW event_times AS
SELECT e.received_on, e.run_id, e.event_id, e.event_type, e.timestamp,
       e.parent_event_id, e.previous_event_id,
       e.tokens_in, e.tokens_out, e.cost, e.is_error,
       CASE WHEN e.stamped_at_end THEN e.timestamp - coalesce(e.latency_us, 0) * interval '1 microsecond'
            ELSE e.timestamp END AS began_at,
       CASE WHEN e.stamped_at_end THEN e.timestamp
            ELSE e.timestamp + coalesce(e.latency_us, 0) * interval '1 microsecond' END AS ended_at
  FROM events AS e;

COMMENT ON VIEW event_times IS 'When each event began and ended. Without a latency it is a moment. Select with received_on and run_id together.';

CREATE VIEW run_facts AS
SELECT f.run_id, f.agent_name, f.event_count, f.error_count, f.total_cost, f.tokens_in, f.tokens_out,
       f.started_at, f.ended_at, f.last_event_at, f.duration_us, f.status,
       ARRAY(SELECT DISTINCT p.event_id
               FROM unnest(f.pending_previous || f.pending_parents) AS p (event_id)
              ORDER BY p.event_id
              LIMIT 1000) AS pending_ends
  FROM (SELECT r.run_id, r.agent_name,
               count(t.event_id)                           AS event_count,
               count(t.event_id) FILTER (WHERE t.is_error) AS error_count,
               coalesce(sum(t.cost), 0)                    AS total_cost,
               coalesce(sum(t.tokens_in), 0)               AS tokens_in,
               coalesce(sum(t.tokens_out), 0)              AS tokens_out,
               coalesce(min(t.began_at), r.created_at)     AS started_at,
               coalesce(max(t.ended_at), r.created_at)     AS ended_at,
               coalesce(max(t.timestamp), r.created_at)    AS last_event_at,
               coalesce((extract(epoch FROM max(t.ended_at) - min(t.began_at)) * 1000000)::bigint, 0) AS duration_us,
               CASE WHEN bool_or(t.is_error AND i.is_outer) THEN 'failed'
                    WHEN bool_or(i.is_outer)                THEN 'completed'
                    ELSE 'active' END                       AS status,
               array_agg(t.previous_event_id) FILTER (WHERE i.lacks_previous) AS pending_previous,
               array_agg(t.parent_event_id)   FILTER (WHERE i.lacks_parent)   AS pending_parents
          FROM runs AS r
          LEFT JOIN event_times AS t
            ON t.received_on = r.received_on
           AND t.run_id      = r.run_id
          LEFT JOIN events AS b
            ON t.event_type  = 'agent_end'
           AND b.received_on = t.received_on
           AND b.run_id      = t.run_id
           AND b.event_id    = t.previous_event_id
          LEFT JOIN events AS p
            ON t.event_type  = 'agent_end'
           AND p.received_on = t.received_on
           AND p.run_id      = t.run_id
           AND p.event_id    = t.parent_event_id
         CROSS JOIN LATERAL (
               SELECT t.event_type = 'agent_end'
                      AND NOT coalesce(b.event_type = 'agent_start'
                                       AND NOT (r.owner_is_root AND b.event_id = r.owner_event_id), false)
                      AND NOT coalesce(p.event_type = 'agent_start'
                                       AND NOT (r.owner_is_root AND p.event_id = r.owner_event_id), false)
                          AS is_outer,
                      t.event_type = 'agent_end' AND t.previous_event_id IS NOT NULL
                      AND b.event_id IS NULL AS lacks_previous,
                      t.event_type = 'agent_end' AND t.parent_event_id IS NOT NULL
                      AND p.event_id IS NULL AS lacks_parent) AS i
         GROUP BY r.run_id, r.agent_name, r.created_at) AS f;

COMMENT ON VIEW run_facts IS 'The totals and the outcome of each run, counted from its events. Ask with run_id or agent_name. A run without events started when it was stored.';

CREATE VIEW shown_runs AS
SELECT r.run_id, r.received_on, r.run_name, r.agent_name, r.environment, r.status,
       r.started_at, r.ended_at, r.last_event_at,
       r.duration_us / 1000.0 AS total_duration_ms,
       r.total_cost, r.tokens_in, r.tokens_out, r.event_count, r.error_count,
       r.session_id, r.user_id, r.tags, r.version, r.first_error,
       r.metadata, r.created_at, r.updated_at
  FROM runs AS r;

COMMENT ON VIEW shown_runs IS 'Runs as the API returns them. Queries select all columns of it, so its columns never change: another set of columns is another view.';

CREATE VIEW paged_runs AS
SELECT r.run_id, r.received_on, r.run_name, r.agent_name, r.environment, r.status,
       r.started_at, r.ended_at, r.last_event_at,
       r.duration_us / 1000.0 AS total_duration_ms,
       r.total_cost, r.tokens_in, r.tokens_out, r.event_count, r.error_count,
       r.session_id, r.user_id, r.tags, r.version, r.first_error,
       CASE WHEN octet_length(r.metadata::text) > 16384
            THEN jsonb_build_object('omitted_bytes', octet_length(r.metadata::text))
            ELSE r.metadata
       END AS metadata,
       r.created_at, r.updated_at
  FROM runs AS r;

COMMENT ON VIEW paged_runs IS 'Runs as lists return them: shown_runs, but metadata above 16 KB is left out, since a page has up to 1,000 runs. Queries select all columns of it, so its columns never change: another set of columns is another view.';

CREATE VIEW written_runs AS
SELECT r.run_id, r.received_on, r.agent_name, r.run_name,
       r.requested_name IS NOT NULL OR r.renamed AS is_named,
       r.environment, r.status, r.started_at, r.ended_at, r.last_event_at,
       r.duration_us / 1000.0 AS total_duration_ms,
       r.total_cost::text     AS total_cost,
       r.tokens_in, r.tokens_out, r.event_count, r.error_count,
       r.session_id, r.user_id, r.tags, r.version, r.first_error,
       r.metadata, r.created_at, r.updated_at
  FROM runs AS r;

COMMENT ON VIEW written_runs IS 'Runs as exports write them. Queries select all columns of it, so its columns never change: another set of columns is another view.';

CREATE VIEW priced_events AS
SELECT e.event_id, e.run_id, r.run_name, e.agent_name, e.event_type, e.timestamp,
       e.parent_event_id, e.previous_event_id,
       e.model, e.tokens_in, e.tokens_out, e.cost, e.cost_source, e.priced_as,
       e.latency_us / 1000.0 AS latency_ms,
       e.is_error, e.data, e.created_at, e.tie
  FROM runs   AS r
  JOIN events AS e
    ON e.received_on = r.received_on
   AND e.run_id      = r.run_id;

COMMENT ON VIEW priced_events IS 'Events as the API returns them: event_details and from which price the cost is. Select by run_id: the run names the one partition to read. Queries select all columns of it, so its columns never change: another set of columns is another view.';

CREATE VIEW run_metrics AS
SELECT r.run_id, r.received_on, r.agent_name,
       date_bin('15 minutes', e.timestamp, '1970-01-01 00:00:00+00') AS quarter_hour,
       e.event_type,
       coalesce(e.model, '')          AS model,
       latency_bucket(e.latency_us)   AS latency_bucket,
       1                              AS events,
       e.is_error::integer            AS errors,
       coalesce(e.tokens_in, 0)       AS tokens_in,
       coalesce(e.tokens_out, 0)      AS tokens_out,
       coalesce(e.cost, 0)            AS cost,
       coalesce(e.latency_us, 0)      AS latency_us,
       0                              AS runs,
       0                              AS completed,
       0                              AS failed,
       0::bigint                      AS duration_us,
       coalesce(e.tool, '')           AS tool
  FROM runs   AS r
  JOIN events AS e
    ON e.received_on = r.received_on
   AND e.run_id      = r.run_id
 UNION ALL
SELECT r.run_id, r.received_on, r.agent_name,
       date_bin('15 minutes', r.started_at, '1970-01-01 00:00:00+00'),
       '', '', NULL, 0, 0, 0, 0, 0, 0,
       1,
       (r.status = 'completed')::integer,
       (r.status = 'failed')::integer,
       r.duration_us,
       ''
  FROM runs AS r;

COMMENT ON VIEW run_metrics IS 'What each run contributes to the metrics, a row per event and one for the run itself. Metrics are its sums; ask with run_id.';

CREATE VIEW counted_metrics AS
SELECT m.agent_name, m.quarter_hour, m.event_type, m.model, m.latency_bucket, m.events, m.errors,
       m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs, m.completed, m.failed,
       m.duration_us, m.tool
  FROM run_metrics AS m
 UNION ALL
SELECT t.agent_name, t.quarter_hour, t.event_type, t.model, t.latency_bucket, t.events, t.errors,
       t.tokens_in, t.tokens_out, t.cost, t.latency_us, t.runs, t.completed, t.failed,
       t.duration_us, t.tool
  FROM retired_metrics AS t;

COMMENT ON VIEW counted_metrics IS 'All that the metrics must add up to: what runs contribute, and what runs that retention removed did. Ask with agent_name.';

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
       p.tool
  FROM (SELECT d.agent_name, d.day, d.event_type, d.model,
               d.events, d.errors, d.tokens_in, d.tokens_out, d.cost, d.latency_us, d.runs,
               d.completed, d.failed, d.duration_us, d.tool
          FROM daily_metrics AS d
         UNION ALL
        SELECT m.agent_name, (m.quarter_hour AT TIME ZONE 'UTC')::date, m.event_type, m.model,
               m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
               m.completed, m.failed, m.duration_us, m.tool
          FROM metric_deltas AS m) AS p
 GROUP BY p.agent_name, p.day, p.event_type, p.model, p.tool;

COMMENT ON VIEW daily_metrics_live IS 'Sums by agent, day (UTC), type, model and tool of the event (empty: none), exact in every snapshot. Runs are in the rows whose event_type is empty, at their started_at.';

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
       p.tool
  FROM (SELECT d.agent_name, d.quarter_hour, d.event_type, d.model,
               d.events, d.errors, d.tokens_in, d.tokens_out, d.cost, d.latency_us, d.runs,
               d.completed, d.failed, d.duration_us, d.tool
          FROM quarter_hour_metrics AS d
         UNION ALL
        SELECT m.agent_name, m.quarter_hour, m.event_type, m.model,
               m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
               m.completed, m.failed, m.duration_us, m.tool
          FROM metric_deltas AS m) AS p
 GROUP BY p.agent_name, p.quarter_hour, p.event_type, p.model, p.tool;

COMMENT ON VIEW quarter_hour_metrics_live IS 'Sums by agent, quarter hour, type, model and tool of the event (empty: none), exact in every snapshot. Runs are in the rows whose event_type is empty, at their started_at.';

CREATE VIEW waiting_rollups AS
SELECT 'all' AS dimension, '' AS name, (m.quarter_hour AT TIME ZONE 'UTC')::date AS day,
       m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
       m.completed, m.failed, m.duration_us
  FROM metric_deltas AS m
 UNION ALL
SELECT 'agent', m.agent_name, (m.quarter_hour AT TIME ZONE 'UTC')::date,
       m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
       m.completed, m.failed, m.duration_us
  FROM metric_deltas AS m
 UNION ALL
SELECT 'event_type', m.event_type, (m.quarter_hour AT TIME ZONE 'UTC')::date,
       m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
       m.completed, m.failed, m.duration_us
  FROM metric_deltas AS m
 WHERE m.event_type <> ''
 UNION ALL
SELECT 'model', m.model, (m.quarter_hour AT TIME ZONE 'UTC')::date,
       m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
       m.completed, m.failed, m.duration_us
  FROM metric_deltas AS m
 WHERE m.event_type <> ''
 UNION ALL
SELECT 'tool', m.tool, (m.quarter_hour AT TIME ZONE 'UTC')::date,
       m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
       m.completed, m.failed, m.duration_us
  FROM metric_deltas AS m
 WHERE m.event_type <> '';

COMMENT ON VIEW waiting_rollups IS 'What waits in metric_deltas for daily_rollups';

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
       sum(p.duration_us)           AS duration_us
  FROM (SELECT r.dimension, r.name, r.day,
               r.events, r.errors, r.tokens_in, r.tokens_out, r.cost, r.latency_us, r.runs,
               r.completed, r.failed, r.duration_us
          FROM daily_rollups AS r
         UNION ALL
        SELECT w.dimension, w.name, w.day,
               w.events, w.errors, w.tokens_in, w.tokens_out, w.cost, w.latency_us, w.runs,
               w.completed, w.failed, w.duration_us
          FROM waiting_rollups AS w) AS p
 GROUP BY p.dimension, p.name, p.day;

COMMENT ON VIEW daily_rollups_live IS 'Sums by day (UTC) along one dimension at a time, exact in every snapshot. Ask for one dimension; the daily_..._totals_live are cut from it.';

CREATE VIEW daily_totals_live AS
SELECT r.day, r.events, r.errors, r.tokens_in, r.tokens_out, r.cost, r.latency_us, r.runs,
       r.completed, r.failed, r.duration_us
  FROM daily_rollups_live AS r
 WHERE r.dimension = 'all';

COMMENT ON VIEW daily_totals_live IS 'What all agents did, by day (UTC), exact in every snapshot';

CREATE VIEW daily_agent_totals_live AS
SELECT r.name AS agent_name, r.day, r.events, r.errors, r.tokens_in, r.tokens_out, r.cost,
       r.latency_us, r.runs, r.completed, r.failed, r.duration_us
  FROM daily_rollups_live AS r
 WHERE r.dimension = 'agent';

COMMENT ON VIEW daily_agent_totals_live IS 'Sums by agent and day (UTC), exact in every snapshot';

CREATE VIEW daily_event_type_totals_live AS
SELECT r.name AS event_type, r.day, r.events, r.errors, r.tokens_in, r.tokens_out, r.cost,
       r.latency_us
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
       sum(r.latency_us)     AS latency_us
  FROM daily_event_type_totals_live AS r
 GROUP BY r.event_type;

COMMENT ON VIEW event_type_totals_live IS 'What the events of each type add up to, exact in every snapshot';

CREATE VIEW daily_model_totals_live AS
SELECT r.name AS model, r.day, r.events, r.errors, r.tokens_in, r.tokens_out, r.cost,
       r.latency_us
  FROM daily_rollups_live AS r
 WHERE r.dimension = 'model'
   AND r.name <> '';

COMMENT ON VIEW daily_model_totals_live IS 'Sums by model and day (UTC) of the events that name one, exact in every snapshot';

CREATE MATERIALIZED VIEW model_totals AS
SELECT r.name AS model,
       sum(r.events)::bigint        AS events,
       sum(r.errors)::bigint        AS errors,
       sum(r.tokens_in)             AS tokens_in,
       sum(r.tokens_out)            AS tokens_out,
       sum(r.cost)                  AS cost,
       sum(r.latency_us)            AS latency_us
  FROM daily_rollups AS r
 WHERE (SELECT g.is_open FROM fold_gate AS g)
   AND r.dimension = 'model'
 GROUP BY r.name
  WITH DATA;

CREATE UNIQUE INDEX model_totals_key ON model_totals (model);

COMMENT ON MATERIALIZED VIEW model_totals IS 'What the events of each model add up to, without what still waits in metric_deltas: ask model_totals_live';

CREATE VIEW model_totals_live AS
SELECT p.model,
       sum(p.events)::bigint        AS events,
       sum(p.errors)::bigint        AS errors,
       sum(p.tokens_in)             AS tokens_in,
       sum(p.tokens_out)            AS tokens_out,
       sum(p.cost)                  AS cost,
       sum(p.latency_us)            AS latency_us
  FROM (SELECT t.model,
               t.events, t.errors, t.tokens_in, t.tokens_out, t.cost, t.latency_us
          FROM model_totals AS t
         UNION ALL
        SELECT m.model,
               m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us
          FROM metric_deltas AS m
         WHERE m.event_type <> '') AS p
 GROUP BY p.model;

COMMENT ON VIEW model_totals_live IS 'What the events of each model add up to, exact in every snapshot. The empty model is: none named.';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = 'gati_ingest') THEN
        GRANT SELECT ON run_metrics TO gati_ingest;
    END IF;
    IF EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = 'gati_bi') THEN
        GRANT SELECT ON daily_metrics_live, quarter_hour_metrics_live, daily_totals_live, daily_agent_totals_live,
                        daily_event_type_totals_live, event_type_totals_live, daily_model_totals_live,
                        model_totals_live TO gati_bi;
    END IF;
    IF EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = 'gati_read') THEN
        GRANT SELECT ON shown_runs, paged_runs, written_runs, priced_events, daily_metrics_live,
                        quarter_hour_metrics_live, daily_rollups_live, daily_totals_live, model_totals_live TO gati_read;
    END IF;
END
$$;
