-- 0016.tools, backwards: count tool calls together again.
--
-- locks    events and the metric tables, against everyone, until it ends
-- loses    which tool a removed run called; the data of events keeps the names
-- lost     tools  retired_metrics.tool
--          which tools removed runs called: nothing can count them again
-- again    events.tool, metric_names, metric_deltas, daily_metrics, quarter_hour_metrics, daily_latency, quarter_hour_latency,
--          daily_rollups, daily_latency_rollups, latency_rollups

SET LOCAL lock_timeout = '2s';

DROP VIEW counted_metrics;
DROP VIEW run_metrics;
DROP VIEW daily_metrics_live;
DROP VIEW quarter_hour_metrics_live;
DROP VIEW daily_latency_live;
DROP VIEW quarter_hour_latency_live;

CREATE OR REPLACE VIEW waiting_rollups AS
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
 WHERE m.event_type <> '';

CREATE OR REPLACE VIEW waiting_latency_rollups AS
SELECT d.dimension, d.name, (m.quarter_hour AT TIME ZONE 'UTC')::date AS day, b.latency_bucket, b.events
  FROM metric_deltas AS m
 CROSS JOIN unnest(m.latency_buckets, m.latency_counts) AS b (latency_bucket, events)
 CROSS JOIN LATERAL (VALUES ('all', ''), ('agent', m.agent_name),
                            ('event_type', m.event_type), ('model', m.model)) AS d (dimension, name);

WITH gone AS (
    DELETE FROM daily_metrics AS d
     WHERE d.tool <> ''
    RETURNING d.agent_name, d.day, d.event_type, d.model,
              d.events, d.errors, d.tokens_in, d.tokens_out, d.cost, d.latency_us, d.runs, d.completed, d.failed, d.duration_us
)
INSERT INTO daily_metrics AS t (agent_name, day, event_type, model, events, errors, tokens_in, tokens_out, cost, latency_us, runs, completed, failed, duration_us)
SELECT g.agent_name, g.day, g.event_type, g.model,
       sum(g.events), sum(g.errors), sum(g.tokens_in), sum(g.tokens_out), sum(g.cost), sum(g.latency_us), sum(g.runs), sum(g.completed), sum(g.failed), sum(g.duration_us)
  FROM gone AS g
 GROUP BY g.agent_name, g.day, g.event_type, g.model
    ON CONFLICT ON CONSTRAINT daily_metrics_pkey DO UPDATE
           SET events = t.events + excluded.events, 
               errors = t.errors + excluded.errors, 
               tokens_in = t.tokens_in + excluded.tokens_in, 
               tokens_out = t.tokens_out + excluded.tokens_out, 
               cost = t.cost + excluded.cost, 
               latency_us = t.latency_us + excluded.latency_us, 
               runs = t.runs + excluded.runs, 
               completed = t.completed + excluded.completed, 
               failed = t.failed + excluded.failed, 
               duration_us = t.duration_us + excluded.duration_us;

ALTER TABLE daily_metrics
    DROP CONSTRAINT daily_metrics_pkey,
    DROP COLUMN tool,
    ADD CONSTRAINT daily_metrics_pkey PRIMARY KEY (agent_name, day, event_type, model);

WITH gone AS (
    DELETE FROM quarter_hour_metrics AS d
     WHERE d.tool <> ''
    RETURNING d.agent_name, d.quarter_hour, d.event_type, d.model,
              d.events, d.errors, d.tokens_in, d.tokens_out, d.cost, d.latency_us, d.runs, d.completed, d.failed, d.duration_us
)
INSERT INTO quarter_hour_metrics AS t (agent_name, quarter_hour, event_type, model, events, errors, tokens_in, tokens_out, cost, latency_us, runs, completed, failed, duration_us)
SELECT g.agent_name, g.quarter_hour, g.event_type, g.model,
       sum(g.events), sum(g.errors), sum(g.tokens_in), sum(g.tokens_out), sum(g.cost), sum(g.latency_us), sum(g.runs), sum(g.completed), sum(g.failed), sum(g.duration_us)
  FROM gone AS g
 GROUP BY g.agent_name, g.quarter_hour, g.event_type, g.model
    ON CONFLICT ON CONSTRAINT quarter_hour_metrics_pkey DO UPDATE
           SET events = t.events + excluded.events, 
               errors = t.errors + excluded.errors, 
               tokens_in = t.tokens_in + excluded.tokens_in, 
               tokens_out = t.tokens_out + excluded.tokens_out, 
               cost = t.cost + excluded.cost, 
               latency_us = t.latency_us + excluded.latency_us, 
               runs = t.runs + excluded.runs, 
               completed = t.completed + excluded.completed, 
               failed = t.failed + excluded.failed, 
               duration_us = t.duration_us + excluded.duration_us;

ALTER TABLE quarter_hour_metrics
    DROP CONSTRAINT quarter_hour_metrics_pkey,
    DROP COLUMN tool,
    ADD CONSTRAINT quarter_hour_metrics_pkey PRIMARY KEY (agent_name, quarter_hour, event_type, model);

WITH gone AS (
    DELETE FROM daily_latency AS d
     WHERE d.tool <> ''
    RETURNING d.agent_name, d.day, d.event_type, d.model, d.latency_bucket,
              d.events
)
INSERT INTO daily_latency AS t (agent_name, day, event_type, model, latency_bucket, events)
SELECT g.agent_name, g.day, g.event_type, g.model, g.latency_bucket,
       sum(g.events)
  FROM gone AS g
 GROUP BY g.agent_name, g.day, g.event_type, g.model, g.latency_bucket
    ON CONFLICT ON CONSTRAINT daily_latency_pkey DO UPDATE
           SET events = t.events + excluded.events;

ALTER TABLE daily_latency
    DROP CONSTRAINT daily_latency_pkey,
    DROP COLUMN tool,
    ADD CONSTRAINT daily_latency_pkey PRIMARY KEY (agent_name, day, event_type, model, latency_bucket);

WITH gone AS (
    DELETE FROM quarter_hour_latency AS d
     WHERE d.tool <> ''
    RETURNING d.agent_name, d.quarter_hour, d.event_type, d.model, d.latency_bucket,
              d.events
)
INSERT INTO quarter_hour_latency AS t (agent_name, quarter_hour, event_type, model, latency_bucket, events)
SELECT g.agent_name, g.quarter_hour, g.event_type, g.model, g.latency_bucket,
       sum(g.events)
  FROM gone AS g
 GROUP BY g.agent_name, g.quarter_hour, g.event_type, g.model, g.latency_bucket
    ON CONFLICT ON CONSTRAINT quarter_hour_latency_pkey DO UPDATE
           SET events = t.events + excluded.events;

ALTER TABLE quarter_hour_latency
    DROP CONSTRAINT quarter_hour_latency_pkey,
    DROP COLUMN tool,
    ADD CONSTRAINT quarter_hour_latency_pkey PRIMARY KEY (agent_name, quarter_hour, event_type, model, latency_bucket);

DELETE FROM daily_rollups
 WHERE dimension = 'tool';

ALTER TABLE daily_rollups
    DROP CONSTRAINT daily_rollups_dimension_check,
    ADD CONSTRAINT daily_rollups_dimension_check
        CHECK (dimension IN ('all', 'agent', 'event_type', 'model'));

DELETE FROM daily_latency_rollups
 WHERE dimension = 'tool';

ALTER TABLE daily_latency_rollups
    DROP CONSTRAINT daily_latency_rollups_dimension_check,
    ADD CONSTRAINT daily_latency_rollups_dimension_check
        CHECK (dimension IN ('all', 'agent', 'event_type', 'model'));

DELETE FROM latency_rollups
 WHERE dimension = 'tool';

ALTER TABLE latency_rollups
    DROP CONSTRAINT latency_rollups_dimension_check,
    ADD CONSTRAINT latency_rollups_dimension_check
        CHECK (dimension IN ('all', 'agent', 'event_type', 'model'));

DELETE FROM metric_names
 WHERE kind = 'tool';

ALTER TABLE metric_names
    DROP CONSTRAINT metric_names_kind_check,
    ADD CONSTRAINT metric_names_kind_check CHECK (kind IN ('event_type', 'model'));

ALTER TABLE metric_deltas DROP COLUMN tool;
ALTER TABLE retired_metrics DROP COLUMN tool;
ALTER TABLE events DROP COLUMN tool;

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
       0::bigint                      AS duration_us
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
       r.duration_us
  FROM runs AS r;

CREATE VIEW counted_metrics AS
SELECT m.agent_name, m.quarter_hour, m.event_type, m.model, m.latency_bucket, m.events, m.errors,
       m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs, m.completed, m.failed,
       m.duration_us
  FROM run_metrics AS m
 UNION ALL
SELECT t.agent_name, t.quarter_hour, t.event_type, t.model, t.latency_bucket, t.events, t.errors,
       t.tokens_in, t.tokens_out, t.cost, t.latency_us, t.runs, t.completed, t.failed,
       t.duration_us
  FROM retired_metrics AS t;

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
       sum(p.duration_us)           AS duration_us
  FROM (SELECT d.agent_name, d.day, d.event_type, d.model,
               d.events, d.errors, d.tokens_in, d.tokens_out, d.cost, d.latency_us, d.runs,
               d.completed, d.failed, d.duration_us
          FROM daily_metrics AS d
         UNION ALL
        SELECT m.agent_name, (m.quarter_hour AT TIME ZONE 'UTC')::date, m.event_type, m.model,
               m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
               m.completed, m.failed, m.duration_us
          FROM metric_deltas AS m) AS p
 GROUP BY p.agent_name, p.day, p.event_type, p.model;

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
       sum(p.duration_us)           AS duration_us
  FROM (SELECT d.agent_name, d.quarter_hour, d.event_type, d.model,
               d.events, d.errors, d.tokens_in, d.tokens_out, d.cost, d.latency_us, d.runs,
               d.completed, d.failed, d.duration_us
          FROM quarter_hour_metrics AS d
         UNION ALL
        SELECT m.agent_name, m.quarter_hour, m.event_type, m.model,
               m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
               m.completed, m.failed, m.duration_us
          FROM metric_deltas AS m) AS p
 GROUP BY p.agent_name, p.quarter_hour, p.event_type, p.model;

CREATE VIEW daily_latency_live AS
SELECT p.agent_name, p.day, p.event_type, p.model, p.latency_bucket,
       sum(p.events)::bigint AS events
  FROM (SELECT d.agent_name, d.day, d.event_type, d.model, d.latency_bucket, d.events
          FROM daily_latency AS d
         UNION ALL
        SELECT m.agent_name, (m.quarter_hour AT TIME ZONE 'UTC')::date, m.event_type, m.model, b.latency_bucket, b.events
          FROM metric_deltas AS m
         CROSS JOIN unnest(m.latency_buckets, m.latency_counts) AS b (latency_bucket, events)) AS p
 GROUP BY p.agent_name, p.day, p.event_type, p.model, p.latency_bucket;

CREATE VIEW quarter_hour_latency_live AS
SELECT p.agent_name, p.quarter_hour, p.event_type, p.model, p.latency_bucket,
       sum(p.events)::bigint AS events
  FROM (SELECT d.agent_name, d.quarter_hour, d.event_type, d.model, d.latency_bucket, d.events
          FROM quarter_hour_latency AS d
         UNION ALL
        SELECT m.agent_name, m.quarter_hour, m.event_type, m.model, b.latency_bucket, b.events
          FROM metric_deltas AS m
         CROSS JOIN unnest(m.latency_buckets, m.latency_counts) AS b (latency_bucket, events)) AS p
 GROUP BY p.agent_name, p.quarter_hour, p.event_type, p.model, p.latency_bucket;

COMMENT ON VIEW daily_metrics_live IS 'Sums by agent, day (UTC), type and model of the event (empty: no model), exact in every snapshot. Runs are in the rows whose event_type is empty, at their started_at.';

COMMENT ON VIEW counted_metrics IS 'All that the metrics must add up to: what runs contribute, and what runs that retention removed did. Ask with agent_name.';

COMMENT ON VIEW quarter_hour_metrics_live IS 'Sums by agent, quarter hour, type and model of the event (empty: no model), exact in every snapshot. Runs are in the rows whose event_type is empty, at their started_at.';

COMMENT ON VIEW daily_latency_live IS 'Events by agent, day (UTC), type, model and latency bucket (see latency_buckets), exact in every snapshot';

COMMENT ON VIEW quarter_hour_latency_live IS 'Events by agent, quarter hour, type, model and latency bucket (see latency_buckets), exact in every snapshot';

COMMENT ON VIEW run_metrics IS 'What each run contributes to the metrics, a row per event and one for the run itself. Metrics are its sums; ask with run_id.';

COMMENT ON TABLE daily_latency IS 'Events by agent, day (UTC), type, model and latency bucket, without what still waits in metric_deltas: ask daily_latency_live';

COMMENT ON TABLE daily_metrics IS 'Sums by agent, day (UTC), type and model of the event, without what still waits in metric_deltas: ask daily_metrics_live';

COMMENT ON TABLE daily_rollups IS 'Sums by day (UTC): of all, by agent, by event_type, by model (empty: no model). Every event is in it once per dimension: never sum over them.';

COMMENT ON TABLE daily_latency_rollups IS 'Events by day (UTC) and latency bucket: of all, by agent, by event_type, by model. Every event is in it once per dimension: never sum over them.';

COMMENT ON TABLE latency_rollups IS 'Events by latency bucket: of all, by agent, by event_type, by model. Every event is in it once per dimension: never sum over them.';

COMMENT ON COLUMN metric_deltas.quarter_hour IS 'Of the event''s timestamp; of a run''s started_at in the rows that count runs, whose event_type and model are empty';

COMMENT ON TABLE metric_names IS 'The names that count as themselves in the metrics of an agent, 1,000 of each kind; all others count under (other). Never delete a row: every worker remembers what it has read.';

COMMENT ON TABLE quarter_hour_latency IS 'Events by agent, quarter hour, type, model and latency bucket, kept for 93 days, without what still waits in metric_deltas: ask quarter_hour_latency_live';

COMMENT ON TABLE quarter_hour_metrics IS 'Sums by agent, quarter hour, type and model of the event, kept for 93 days, without what still waits in metric_deltas: ask quarter_hour_metrics_live';

COMMENT ON TABLE retired_metrics IS 'What runs that retention removed counted for, moved here in the transaction that dropped them: the metrics still have it, and verify adds it in. Each drop appends, so an agent may have several rows of the same quarter hour, type and model.';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = 'gati_ingest') THEN
        GRANT SELECT ON run_metrics TO gati_ingest;
    END IF;
    IF EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = 'gati_bi') THEN
        GRANT SELECT ON daily_metrics_live, quarter_hour_metrics_live, daily_latency_live,
                        quarter_hour_latency_live TO gati_bi;
    END IF;
    IF EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = 'gati_read') THEN
        GRANT SELECT ON daily_metrics_live, quarter_hour_metrics_live, daily_latency_live,
                        quarter_hour_latency_live TO gati_read;
    END IF;
END
$$;
