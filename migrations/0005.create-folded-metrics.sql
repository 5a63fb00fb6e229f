-- Create the tables that metric_deltas fold into, and fold_state with its gate.
-- locks    nothing that exists
-- old code safe while it runs

CREATE TABLE fold_state (
    only_row           boolean     NOT NULL DEFAULT true,
    n                  bigint      NOT NULL DEFAULT 0,
    folded_at          timestamptz NOT NULL DEFAULT now(),
    quarter_hours_from timestamptz NOT NULL DEFAULT '1970-01-01 00:00:00+00',
    CONSTRAINT fold_state_pkey PRIMARY KEY (only_row),
    CONSTRAINT fold_state_only_row_check CHECK (only_row)
) WITH (fillfactor = 10);

INSERT INTO fold_state DEFAULT VALUES;

COMMENT ON TABLE fold_state IS 'The number and time of the last fold of metric_deltas into the metric tables and materialized views';

COMMENT ON COLUMN fold_state.quarter_hours_from IS 'Quarter hours before this are no longer kept';

CREATE FUNCTION fold_is_current(seen bigint) RETURNS boolean
    LANGUAGE plpgsql VOLATILE
    SET search_path FROM CURRENT
AS $$
BEGIN
    IF seen IS DISTINCT FROM (SELECT n FROM fold_state) THEN
        RAISE EXCEPTION 'a fold was committed after this refresh began: run it again'
              USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION fold_is_current(bigint) IS 'Compares the fold that the statement''s snapshot sees with the last one; VOLATILE, so that it has a newer snapshot. Raises 40001 when they differ.';

CREATE VIEW fold_gate AS
WITH gate AS MATERIALIZED (
    SELECT fold_is_current(s.n) AS is_open
      FROM fold_state AS s
)
SELECT g.is_open
  FROM gate AS g;

COMMENT ON VIEW fold_gate IS 'One row, or error 40001 in a REFRESH that began before the last fold was committed';

CREATE TABLE refresh_leader (
    only_row    boolean     NOT NULL DEFAULT true,
    leader      text,
    lease_until timestamptz NOT NULL DEFAULT '-infinity',
    CONSTRAINT refresh_leader_pkey PRIMARY KEY (only_row),
    CONSTRAINT refresh_leader_only_row_check CHECK (only_row)
) WITH (fillfactor = 10);

INSERT INTO refresh_leader DEFAULT VALUES;

COMMENT ON TABLE refresh_leader IS 'The lease of the process that folds. It spares the others the work; that two never fold at once is fold_state''s doing.';

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
    CONSTRAINT daily_metrics_pkey PRIMARY KEY (agent_name, day, event_type, model)
) WITH (fillfactor = 80);

CREATE INDEX daily_metrics_day_idx ON daily_metrics (day);

COMMENT ON TABLE daily_metrics IS 'Sums by agent, day (UTC), type and model of the event, without what still waits in metric_deltas: ask daily_metrics_live';

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

COMMENT ON VIEW daily_metrics_live IS 'Sums by agent, day (UTC), type and model of the event (empty: no model), exact in every snapshot. Runs are in the rows whose event_type is empty, at their created_at.';

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
    CONSTRAINT quarter_hour_metrics_pkey PRIMARY KEY (agent_name, quarter_hour, event_type, model)
) WITH (fillfactor = 80);

CREATE INDEX quarter_hour_metrics_quarter_hour_idx ON quarter_hour_metrics (quarter_hour);

COMMENT ON TABLE quarter_hour_metrics IS 'Sums by agent, quarter hour, type and model of the event, kept for QUARTER_HOUR_DAYS, without what still waits in metric_deltas: ask quarter_hour_metrics_live';

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

COMMENT ON VIEW quarter_hour_metrics_live IS 'Sums by agent, quarter hour, type and model of the event (empty: no model), exact in every snapshot. Runs are in the rows whose event_type is empty, at their created_at.';

CREATE TABLE daily_latency (
    agent_name     text     NOT NULL,
    day            date     NOT NULL,
    event_type     text     NOT NULL,
    model          text     NOT NULL,
    latency_bucket smallint NOT NULL,
    events         bigint   NOT NULL,
    CONSTRAINT daily_latency_pkey PRIMARY KEY (agent_name, day, event_type, model, latency_bucket)
) WITH (fillfactor = 80);

CREATE INDEX daily_latency_day_idx ON daily_latency (day);

COMMENT ON TABLE daily_latency IS 'Events by agent, day (UTC), type, model and latency bucket, without what still waits in metric_deltas: ask daily_latency_live';

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

COMMENT ON VIEW daily_latency_live IS 'Events by agent, day (UTC), type, model and latency bucket (see latency_buckets), exact in every snapshot';

CREATE TABLE quarter_hour_latency (
    agent_name     text        NOT NULL,
    quarter_hour   timestamptz NOT NULL,
    event_type     text        NOT NULL,
    model          text        NOT NULL,
    latency_bucket smallint    NOT NULL,
    events         bigint      NOT NULL,
    CONSTRAINT quarter_hour_latency_pkey PRIMARY KEY (agent_name, quarter_hour, event_type, model, latency_bucket)
) WITH (fillfactor = 80);

CREATE INDEX quarter_hour_latency_quarter_hour_idx ON quarter_hour_latency (quarter_hour);

COMMENT ON TABLE quarter_hour_latency IS 'Events by agent, quarter hour, type, model and latency bucket, kept for QUARTER_HOUR_DAYS, without what still waits in metric_deltas: ask quarter_hour_latency_live';

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

COMMENT ON VIEW quarter_hour_latency_live IS 'Events by agent, quarter hour, type, model and latency bucket (see latency_buckets), exact in every snapshot';

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
    CONSTRAINT daily_rollups_pkey PRIMARY KEY (dimension, name, day)
) WITH (fillfactor = 80);

CREATE INDEX daily_rollups_dimension_day_idx ON daily_rollups (dimension, day);

COMMENT ON TABLE daily_rollups IS 'Sums by day (UTC): of all, by agent, by event_type, by model (empty: no model). Every event is in it once per dimension: never sum over them.';

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

CREATE VIEW daily_model_totals_live AS
SELECT r.name AS model, r.day, r.events, r.errors, r.tokens_in, r.tokens_out, r.cost,
       r.latency_us
  FROM daily_rollups_live AS r
 WHERE r.dimension = 'model'
   AND r.name <> '';

COMMENT ON VIEW daily_model_totals_live IS 'Sums by model and day (UTC) of the events that name one, exact in every snapshot';

CREATE TABLE daily_latency_rollups (
    dimension      text     NOT NULL,
    name           text     NOT NULL,
    day            date     NOT NULL,
    latency_bucket smallint NOT NULL,
    events         bigint   NOT NULL,
    CONSTRAINT daily_latency_rollups_pkey PRIMARY KEY (dimension, name, day, latency_bucket)
) WITH (fillfactor = 80);

CREATE INDEX daily_latency_rollups_dimension_day_idx ON daily_latency_rollups (dimension, day);

COMMENT ON TABLE daily_latency_rollups IS 'Events by day (UTC) and latency bucket: of all, by agent, by event_type, by model. Every event is in it once per dimension: never sum over them.';

CREATE TABLE latency_rollups (
    dimension      text     NOT NULL,
    name           text     NOT NULL,
    latency_bucket smallint NOT NULL,
    events         bigint   NOT NULL,
    CONSTRAINT latency_rollups_pkey PRIMARY KEY (dimension, name, latency_bucket)
) WITH (fillfactor = 80);

COMMENT ON TABLE latency_rollups IS 'Events by latency bucket: of all, by agent, by event_type, by model. Every event is in it once per dimension: never sum over them.';

CREATE VIEW waiting_latency_rollups AS
SELECT d.dimension, d.name, (m.quarter_hour AT TIME ZONE 'UTC')::date AS day, b.latency_bucket, b.events
  FROM metric_deltas AS m
 CROSS JOIN unnest(m.latency_buckets, m.latency_counts) AS b (latency_bucket, events)
 CROSS JOIN LATERAL (VALUES ('all', ''), ('agent', m.agent_name),
                            ('event_type', m.event_type), ('model', m.model)) AS d (dimension, name);

COMMENT ON VIEW waiting_latency_rollups IS 'What waits in metric_deltas for the latency rollups';

CREATE VIEW daily_latency_rollups_live AS
SELECT p.dimension, p.name, p.day, p.latency_bucket,
       sum(p.events)::bigint AS events
  FROM (SELECT r.dimension, r.name, r.day, r.latency_bucket, r.events
          FROM daily_latency_rollups AS r
         UNION ALL
        SELECT w.dimension, w.name, w.day, w.latency_bucket, w.events
          FROM waiting_latency_rollups AS w) AS p
 GROUP BY p.dimension, p.name, p.day, p.latency_bucket;

COMMENT ON VIEW daily_latency_rollups_live IS 'Events by day (UTC) and latency bucket along one dimension at a time, exact in every snapshot. Ask for one dimension.';

CREATE VIEW latency_rollups_live AS
SELECT p.dimension, p.name, p.latency_bucket,
       sum(p.events)::bigint AS events
  FROM (SELECT r.dimension, r.name, r.latency_bucket, r.events
          FROM latency_rollups AS r
         UNION ALL
        SELECT w.dimension, w.name, w.latency_bucket, w.events
          FROM waiting_latency_rollups AS w) AS p
 GROUP BY p.dimension, p.name, p.latency_bucket;

COMMENT ON VIEW latency_rollups_live IS 'Events by latency bucket along one dimension at a time, exact in every snapshot. Ask for one dimension.';
