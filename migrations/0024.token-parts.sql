-- 0024.token-parts: count the tokens of caches and of reasoning, of events, runs and metrics.
--
-- locks    events, runs and the metric tables, against everyone, until it ends: it reads the data of events with tokens
-- safe     no: stop the service first; the old code deletes runs without taking these sums along
--
-- Events that say such a part of their tokens are written, and their runs. What runs that retention removed counted for
-- has none, because nothing says how many they were. A count is read as ingest reads it: a whole number up to 2^40,
-- also as text. A call that counts elsewhere counts nothing here.

SET LOCAL lock_timeout = '2s';

ALTER TABLE events
    ADD COLUMN cached_tokens bigint,
    ADD COLUMN cache_write_tokens bigint,
    ADD COLUMN reasoning_tokens bigint;

UPDATE events AS e
   SET cached_tokens      = n.cached_tokens,
       cache_write_tokens = n.cache_write_tokens,
       reasoning_tokens   = n.reasoning_tokens
  FROM (SELECT s.received_on, s.run_id, s.event_id, c.cached_tokens, c.cache_write_tokens, c.reasoning_tokens
          FROM events AS s
         CROSS JOIN LATERAL jsonb_to_record(s.data)
               AS d (cache_read_tokens text, cached_tokens text, cache_write_tokens text, reasoning_tokens text)
         CROSS JOIN LATERAL (
               SELECT max(t.tokens) FILTER (WHERE t.part = 'cached')    AS cached_tokens,
                      max(t.tokens) FILTER (WHERE t.part = 'written')   AS cache_write_tokens,
                      max(t.tokens) FILTER (WHERE t.part = 'reasoning') AS reasoning_tokens
                 FROM (SELECT v.part,
                              CASE WHEN v.said ~ '^[ \t\n\r\f\v]*\+?(?=\.?[0-9])[0-9]{0,18}(\.[0-9]{0,30})?([eE][+-]?[0-9]{1,2})?[ \t\n\r\f\v]*$'
                                   THEN CASE WHEN v.said::numeric <= 1099511627776
                                              AND v.said::numeric = trunc(v.said::numeric)
                                             THEN v.said::numeric::bigint END
                              END AS tokens
                         FROM (VALUES ('cached', coalesce(d.cache_read_tokens, d.cached_tokens)),
                                      ('written', d.cache_write_tokens),
                                      ('reasoning', d.reasoning_tokens)) AS v (part, said)) AS t) AS c
         WHERE coalesce(s.tokens_in, s.tokens_out) IS NOT NULL
           AND s.data ?| '{cache_read_tokens, cached_tokens, cache_write_tokens, reasoning_tokens}') AS n
 WHERE e.received_on = n.received_on
   AND e.run_id      = n.run_id
   AND e.event_id    = n.event_id;

ALTER TABLE events
    DROP CONSTRAINT events_sign_check;

ALTER TABLE events
    ADD CONSTRAINT events_sign_check CHECK (tokens_in >= 0 AND tokens_out >= 0 AND cached_tokens >= 0 AND cache_write_tokens >= 0
                                            AND reasoning_tokens >= 0 AND latency_us >= 0);

COMMENT ON COLUMN events.cached_tokens IS 'Of tokens_in, those that were read from the provider''s cache; NULL: not said';

COMMENT ON COLUMN events.cache_write_tokens IS 'Of tokens_in, those that were written to the cache; NULL: not said';

COMMENT ON COLUMN events.reasoning_tokens IS 'Of tokens_out, those of reasoning; NULL: not said';

ALTER TABLE runs
    ADD COLUMN cached_tokens bigint NOT NULL DEFAULT 0,
    ADD COLUMN cache_write_tokens bigint NOT NULL DEFAULT 0,
    ADD COLUMN reasoning_tokens bigint NOT NULL DEFAULT 0;

ALTER TABLE runs
    DROP CONSTRAINT runs_sign_check;

ALTER TABLE runs
    ADD CONSTRAINT runs_sign_check CHECK (duration_us >= 0 AND total_cost >= 0 AND tokens_in >= 0
                                          AND tokens_out >= 0 AND error_count >= 0
                                          AND event_count >= 0 AND cached_tokens >= 0
                                          AND cache_write_tokens >= 0 AND reasoning_tokens >= 0);

COMMENT ON COLUMN runs.cached_tokens IS 'Of tokens_in, those that were read from the provider''s cache, of the events that say so; so are cache_write_tokens, and of tokens_out reasoning_tokens';

UPDATE runs AS r
   SET cached_tokens      = s.cached_tokens,
       cache_write_tokens = s.cache_write_tokens,
       reasoning_tokens   = s.reasoning_tokens
  FROM (SELECT e.received_on, e.run_id,
               coalesce(sum(e.cached_tokens), 0)      AS cached_tokens,
               coalesce(sum(e.cache_write_tokens), 0) AS cache_write_tokens,
               coalesce(sum(e.reasoning_tokens), 0)   AS reasoning_tokens
          FROM events AS e
         WHERE coalesce(e.cached_tokens, e.cache_write_tokens, e.reasoning_tokens) IS NOT NULL
         GROUP BY e.received_on, e.run_id) AS s
 WHERE r.received_on = s.received_on
   AND r.run_id      = s.run_id;

ALTER TABLE metric_deltas
    ADD COLUMN cached_tokens numeric NOT NULL DEFAULT 0,
    ADD COLUMN cache_write_tokens numeric NOT NULL DEFAULT 0,
    ADD COLUMN reasoning_tokens numeric NOT NULL DEFAULT 0;

ALTER TABLE daily_metrics
    ADD COLUMN cached_tokens numeric NOT NULL DEFAULT 0,
    ADD COLUMN cache_write_tokens numeric NOT NULL DEFAULT 0,
    ADD COLUMN reasoning_tokens numeric NOT NULL DEFAULT 0;

ALTER TABLE quarter_hour_metrics
    ADD COLUMN cached_tokens numeric NOT NULL DEFAULT 0,
    ADD COLUMN cache_write_tokens numeric NOT NULL DEFAULT 0,
    ADD COLUMN reasoning_tokens numeric NOT NULL DEFAULT 0;

ALTER TABLE daily_rollups
    ADD COLUMN cached_tokens numeric NOT NULL DEFAULT 0,
    ADD COLUMN cache_write_tokens numeric NOT NULL DEFAULT 0,
    ADD COLUMN reasoning_tokens numeric NOT NULL DEFAULT 0;

ALTER TABLE retired_metrics
    ADD COLUMN cached_tokens numeric NOT NULL DEFAULT 0,
    ADD COLUMN cache_write_tokens numeric NOT NULL DEFAULT 0,
    ADD COLUMN reasoning_tokens numeric NOT NULL DEFAULT 0;

ALTER TABLE retired_metrics
    DROP CONSTRAINT retired_metrics_sign_check,
    ADD CONSTRAINT retired_metrics_sign_check CHECK (least(events, errors, tokens_in, tokens_out, cost, latency_us,
                                                       runs, completed, failed, duration_us, cached_tokens, cache_write_tokens,
                                                       reasoning_tokens) >= 0);

CREATE OR REPLACE VIEW event_times AS
SELECT e.received_on, e.run_id, e.event_id, e.event_type, e.timestamp,
       e.parent_event_id, e.previous_event_id,
       e.tokens_in, e.tokens_out, e.cost, e.is_error,
       CASE WHEN e.stamped_at_end THEN e.timestamp - coalesce(e.latency_us, 0) * interval '1 microsecond'
            ELSE e.timestamp END AS began_at,
       CASE WHEN e.stamped_at_end THEN e.timestamp
            ELSE e.timestamp + coalesce(e.latency_us, 0) * interval '1 microsecond' END AS ended_at,
       e.cached_tokens, e.cache_write_tokens, e.reasoning_tokens
  FROM events AS e;

CREATE OR REPLACE VIEW run_facts AS
SELECT f.run_id, f.agent_name, f.event_count, f.error_count, f.total_cost, f.tokens_in, f.tokens_out,
       f.started_at, f.ended_at, f.last_event_at, f.duration_us, f.status,
       ARRAY(SELECT DISTINCT p.event_id
               FROM unnest(f.pending_previous || f.pending_parents) AS p (event_id)
              ORDER BY p.event_id
              LIMIT 1000) AS pending_ends,
       f.cached_tokens, f.cache_write_tokens, f.reasoning_tokens
  FROM (SELECT r.run_id, r.agent_name,
               count(t.event_id)                           AS event_count,
               count(t.event_id) FILTER (WHERE t.is_error) AS error_count,
               coalesce(sum(t.cost), 0)                    AS total_cost,
               coalesce(sum(t.tokens_in), 0)               AS tokens_in,
               coalesce(sum(t.tokens_out), 0)              AS tokens_out,
               coalesce(sum(t.cached_tokens), 0)           AS cached_tokens,
               coalesce(sum(t.cache_write_tokens), 0)      AS cache_write_tokens,
               coalesce(sum(t.reasoning_tokens), 0)        AS reasoning_tokens,
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

CREATE OR REPLACE VIEW shown_runs AS
SELECT r.run_id, r.received_on, r.run_name, r.agent_name, r.environment, r.status,
       r.started_at, r.ended_at, r.last_event_at,
       r.duration_us / 1000.0 AS total_duration_ms,
       r.total_cost, r.tokens_in, r.tokens_out, r.event_count, r.error_count,
       r.session_id, r.user_id, r.tags, r.version, r.first_error,
       r.metadata, r.created_at, r.updated_at, r.cached_tokens, r.cache_write_tokens, r.reasoning_tokens
  FROM runs AS r;

COMMENT ON VIEW shown_runs IS 'Runs as the API returns them. Queries select all columns of it, so its columns change only while the service is stopped: else another set of columns is another view.';

CREATE OR REPLACE VIEW paged_runs AS
SELECT r.run_id, r.received_on, r.run_name, r.agent_name, r.environment, r.status,
       r.started_at, r.ended_at, r.last_event_at,
       r.duration_us / 1000.0 AS total_duration_ms,
       r.total_cost, r.tokens_in, r.tokens_out, r.event_count, r.error_count,
       r.session_id, r.user_id, r.tags, r.version, r.first_error,
       CASE WHEN octet_length(r.metadata::text) > 16384
            THEN jsonb_build_object('omitted_bytes', octet_length(r.metadata::text))
            ELSE r.metadata
       END AS metadata,
       r.created_at, r.updated_at, r.cached_tokens, r.cache_write_tokens, r.reasoning_tokens
  FROM runs AS r;

COMMENT ON VIEW paged_runs IS 'Runs as lists return them: shown_runs, but metadata above 16 KB is left out, since a page has up to 1,000 runs. Queries select all columns of it, so its columns change only while the service is stopped: else another set of columns is another view.';

CREATE OR REPLACE VIEW written_runs AS
SELECT r.run_id, r.received_on, r.agent_name, r.run_name,
       r.requested_name IS NOT NULL OR r.renamed AS is_named,
       r.environment, r.status, r.started_at, r.ended_at, r.last_event_at,
       r.duration_us / 1000.0 AS total_duration_ms,
       r.total_cost::text     AS total_cost,
       r.tokens_in, r.tokens_out, r.event_count, r.error_count,
       r.session_id, r.user_id, r.tags, r.version, r.first_error,
       r.metadata, r.created_at, r.updated_at, r.cached_tokens, r.cache_write_tokens, r.reasoning_tokens
  FROM runs AS r;

COMMENT ON VIEW written_runs IS 'Runs as exports write them. Queries select all columns of it, so its columns change only while the service is stopped: else another set of columns is another view.';

CREATE OR REPLACE VIEW priced_events AS
SELECT e.event_id, e.run_id, r.run_name, e.agent_name, e.event_type, e.timestamp,
       e.parent_event_id, e.previous_event_id,
       e.model, e.tokens_in, e.tokens_out, e.cost, e.cost_source, e.priced_as,
       e.latency_us / 1000.0 AS latency_ms,
       e.is_error, e.data, e.created_at, e.tie,
       e.cached_tokens, e.cache_write_tokens, e.reasoning_tokens
  FROM runs   AS r
  JOIN events AS e
    ON e.received_on = r.received_on
   AND e.run_id      = r.run_id;

COMMENT ON VIEW priced_events IS 'Events as the API returns them: event_details and from which price the cost is. Select by run_id: the run names the one partition to read. Queries select all columns of it, so its columns change only while the service is stopped: else another set of columns is another view.';

CREATE OR REPLACE VIEW run_metrics AS
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
       coalesce(e.tool, '')           AS tool,
       coalesce(e.cached_tokens, 0)      AS cached_tokens,
       coalesce(e.cache_write_tokens, 0) AS cache_write_tokens,
       coalesce(e.reasoning_tokens, 0)   AS reasoning_tokens
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
       '', 0, 0, 0
  FROM runs AS r;

CREATE OR REPLACE VIEW counted_metrics AS
SELECT m.agent_name, m.quarter_hour, m.event_type, m.model, m.latency_bucket, m.events, m.errors,
       m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs, m.completed, m.failed,
       m.duration_us, m.tool, m.cached_tokens, m.cache_write_tokens, m.reasoning_tokens
  FROM run_metrics AS m
 UNION ALL
SELECT t.agent_name, t.quarter_hour, t.event_type, t.model, t.latency_bucket, t.events, t.errors,
       t.tokens_in, t.tokens_out, t.cost, t.latency_us, t.runs, t.completed, t.failed,
       t.duration_us, t.tool, t.cached_tokens, t.cache_write_tokens, t.reasoning_tokens
  FROM retired_metrics AS t;

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
  FROM (SELECT d.agent_name, d.day, d.event_type, d.model,
               d.events, d.errors, d.tokens_in, d.tokens_out, d.cost, d.latency_us, d.runs,
               d.completed, d.failed, d.duration_us, d.tool,
               d.cached_tokens, d.cache_write_tokens, d.reasoning_tokens
          FROM daily_metrics AS d
         UNION ALL
        SELECT m.agent_name, (m.quarter_hour AT TIME ZONE 'UTC')::date, m.event_type, m.model,
               m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
               m.completed, m.failed, m.duration_us, m.tool,
               m.cached_tokens, m.cache_write_tokens, m.reasoning_tokens
          FROM metric_deltas AS m) AS p
 GROUP BY p.agent_name, p.day, p.event_type, p.model, p.tool;

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
  FROM (SELECT d.agent_name, d.quarter_hour, d.event_type, d.model,
               d.events, d.errors, d.tokens_in, d.tokens_out, d.cost, d.latency_us, d.runs,
               d.completed, d.failed, d.duration_us, d.tool,
               d.cached_tokens, d.cache_write_tokens, d.reasoning_tokens
          FROM quarter_hour_metrics AS d
         UNION ALL
        SELECT m.agent_name, m.quarter_hour, m.event_type, m.model,
               m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
               m.completed, m.failed, m.duration_us, m.tool,
               m.cached_tokens, m.cache_write_tokens, m.reasoning_tokens
          FROM metric_deltas AS m) AS p
 GROUP BY p.agent_name, p.quarter_hour, p.event_type, p.model, p.tool;

CREATE OR REPLACE VIEW waiting_rollups AS
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
  FROM (SELECT r.dimension, r.name, r.day,
               r.events, r.errors, r.tokens_in, r.tokens_out, r.cost, r.latency_us, r.runs,
               r.completed, r.failed, r.duration_us,
               r.cached_tokens, r.cache_write_tokens, r.reasoning_tokens
          FROM daily_rollups AS r
         UNION ALL
        SELECT w.dimension, w.name, w.day,
               w.events, w.errors, w.tokens_in, w.tokens_out, w.cost, w.latency_us, w.runs,
               w.completed, w.failed, w.duration_us,
               w.cached_tokens, w.cache_write_tokens, w.reasoning_tokens
          FROM waiting_rollups AS w) AS p
 GROUP BY p.dimension, p.name, p.day;

CREATE OR REPLACE VIEW daily_totals_live AS
SELECT r.day, r.events, r.errors, r.tokens_in, r.tokens_out, r.cost, r.latency_us, r.runs,
       r.completed, r.failed, r.duration_us,
       r.cached_tokens, r.cache_write_tokens, r.reasoning_tokens
  FROM daily_rollups_live AS r
 WHERE r.dimension = 'all';

CREATE OR REPLACE VIEW daily_agent_totals_live AS
SELECT r.name AS agent_name, r.day, r.events, r.errors, r.tokens_in, r.tokens_out, r.cost,
       r.latency_us, r.runs, r.completed, r.failed, r.duration_us,
       r.cached_tokens, r.cache_write_tokens, r.reasoning_tokens
  FROM daily_rollups_live AS r
 WHERE r.dimension = 'agent';

CREATE OR REPLACE VIEW daily_event_type_totals_live AS
SELECT r.name AS event_type, r.day, r.events, r.errors, r.tokens_in, r.tokens_out, r.cost,
       r.latency_us, r.cached_tokens, r.cache_write_tokens, r.reasoning_tokens
  FROM daily_rollups_live AS r
 WHERE r.dimension = 'event_type';

CREATE OR REPLACE VIEW event_type_totals_live AS
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

CREATE OR REPLACE VIEW daily_model_totals_live AS
SELECT r.name AS model, r.day, r.events, r.errors, r.tokens_in, r.tokens_out, r.cost,
       r.latency_us, r.cached_tokens, r.cache_write_tokens, r.reasoning_tokens
  FROM daily_rollups_live AS r
 WHERE r.dimension = 'model'
   AND r.name <> '';

CREATE OR REPLACE VIEW model_totals_live AS
SELECT NULL::text    AS model,
       NULL::bigint  AS events,
       NULL::bigint  AS errors,
       NULL::numeric AS tokens_in,
       NULL::numeric AS tokens_out,
       NULL::numeric AS cost,
       NULL::numeric AS latency_us
  FROM daily_rollups AS r;

DROP MATERIALIZED VIEW model_totals;

CREATE MATERIALIZED VIEW model_totals AS
SELECT r.name AS model,
       sum(r.events)::bigint        AS events,
       sum(r.errors)::bigint        AS errors,
       sum(r.tokens_in)             AS tokens_in,
       sum(r.tokens_out)            AS tokens_out,
       sum(r.cost)                  AS cost,
       sum(r.latency_us)            AS latency_us,
       sum(r.cached_tokens)         AS cached_tokens,
       sum(r.cache_write_tokens)    AS cache_write_tokens,
       sum(r.reasoning_tokens)      AS reasoning_tokens
  FROM daily_rollups AS r
 WHERE (SELECT g.is_open FROM fold_gate AS g)
   AND r.dimension = 'model'
 GROUP BY r.name
  WITH DATA;

CREATE UNIQUE INDEX model_totals_key ON model_totals (model);

COMMENT ON MATERIALIZED VIEW model_totals IS 'What the events of each model add up to, without what still waits in metric_deltas: ask model_totals_live';

CREATE OR REPLACE VIEW model_totals_live AS
SELECT p.model,
       sum(p.events)::bigint        AS events,
       sum(p.errors)::bigint        AS errors,
       sum(p.tokens_in)             AS tokens_in,
       sum(p.tokens_out)            AS tokens_out,
       sum(p.cost)                  AS cost,
       sum(p.latency_us)            AS latency_us,
       sum(p.cached_tokens)         AS cached_tokens,
       sum(p.cache_write_tokens)    AS cache_write_tokens,
       sum(p.reasoning_tokens)      AS reasoning_tokens
  FROM (SELECT t.model,
               t.events, t.errors, t.tokens_in, t.tokens_out, t.cost, t.latency_us,
               t.cached_tokens, t.cache_write_tokens, t.reasoning_tokens
          FROM model_totals AS t
         UNION ALL
        SELECT m.model,
               m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us,
               m.cached_tokens, m.cache_write_tokens, m.reasoning_tokens
          FROM metric_deltas AS m
         WHERE m.event_type <> '') AS p
 GROUP BY p.model;

WITH cells AS (
    SELECT m.quarter_hour, m.agent_name, m.event_type, m.model, m.tool,
           sum(m.cached_tokens)      AS cached_tokens,
           sum(m.cache_write_tokens) AS cache_write_tokens,
           sum(m.reasoning_tokens)   AS reasoning_tokens
      FROM run_metrics AS m
     WHERE m.cached_tokens + m.cache_write_tokens + m.reasoning_tokens > 0
     GROUP BY m.quarter_hour, m.agent_name, m.event_type, m.model, m.tool
)
INSERT INTO metric_deltas (quarter_hour, agent_name, event_type, model, tool, cached_tokens, cache_write_tokens,
                           reasoning_tokens)
SELECT c.quarter_hour, c.agent_name,
       CASE WHEN t.name IS NOT NULL THEN c.event_type ELSE '(other)' END AS counted_type,
       CASE WHEN c.model = '' OR m.name IS NOT NULL THEN c.model ELSE '(other)' END AS counted_model,
       CASE WHEN c.tool  = '' OR o.name IS NOT NULL THEN c.tool  ELSE '(other)' END AS counted_tool,
       sum(c.cached_tokens),
       sum(c.cache_write_tokens),
       sum(c.reasoning_tokens)
  FROM cells AS c
  LEFT JOIN metric_names AS t
    ON t.agent_name = c.agent_name
   AND t.kind       = 'event_type'
   AND t.name       = c.event_type
  LEFT JOIN metric_names AS m
    ON m.agent_name = c.agent_name
   AND m.kind       = 'model'
   AND m.name       = c.model
  LEFT JOIN metric_names AS o
    ON o.agent_name = c.agent_name
   AND o.kind       = 'tool'
   AND o.name       = c.tool
 GROUP BY c.quarter_hour, c.agent_name, counted_type, counted_model, counted_tool;
