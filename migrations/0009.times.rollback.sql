-- 0009.times, backwards: the exact mirror.
--
-- locks    events and runs, against everyone, until it ends: it writes every run
-- loses    the order of events of one moment; whether an event is stamped at its end, when each run ended, and
--          that inner agents end no run can be counted again
-- lost     times  events.tie, events.stamped_at_end, runs.owner_tie
--          the order of events of one moment, and which events are stamped at their end
-- again    runs.started_at, runs.duration_us, runs.status, runs.ended_at, runs.pending_ends

SET LOCAL lock_timeout = '2s';

INSERT INTO metric_deltas (quarter_hour, agent_name, runs, completed, failed, duration_us)
SELECT date_bin('15 minutes', r.started_at, '1970-01-01 00:00:00+00') AS quarter_hour, r.agent_name,
       -count(*),
       -count(*) FILTER (WHERE r.status = 'completed'),
       -count(*) FILTER (WHERE r.status = 'failed'),
       -sum(r.duration_us)
  FROM runs AS r
 GROUP BY quarter_hour, r.agent_name;

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
       0::bigint                      AS duration_us
  FROM runs   AS r
  JOIN events AS e
    ON e.received_on = r.received_on
   AND e.run_id      = r.run_id
 UNION ALL
SELECT r.run_id, r.received_on, r.agent_name,
       date_bin('15 minutes', r.created_at, '1970-01-01 00:00:00+00'),
       '', '', NULL, 0, 0, 0, 0, 0, 0,
       1,
       (r.status = 'completed')::integer,
       (r.status = 'failed')::integer,
       r.duration_us
  FROM runs AS r;

DROP VIEW event_details;

CREATE VIEW event_details AS
SELECT e.event_id, e.run_id, r.run_name, e.agent_name, e.event_type, e.timestamp,
       e.parent_event_id, e.previous_event_id,
       e.model, e.tokens_in, e.tokens_out, e.cost, e.cost_source,
       e.latency_us / 1000.0 AS latency_ms,
       e.is_error, e.data, e.created_at
  FROM runs   AS r
  JOIN events AS e
    ON e.received_on = r.received_on
   AND e.run_id      = r.run_id;

COMMENT ON VIEW event_details IS 'Events as the API returns them. Select by run_id: the run names the one partition to read. Queries select all columns of it, so its columns never change: another set of columns is another view.';

DROP VIEW exported_runs;

CREATE VIEW exported_runs AS
SELECT r.run_id, r.received_on, r.agent_name, r.run_name,
       r.requested_name IS NOT NULL OR r.renamed AS is_named,
       r.environment, r.status, r.started_at, r.last_event_at,
       r.duration_us / 1000.0 AS total_duration_ms,
       r.total_cost::text     AS total_cost,
       r.tokens_in, r.tokens_out, r.event_count, r.error_count,
       r.metadata, r.created_at, r.updated_at
  FROM runs AS r;

COMMENT ON VIEW exported_runs IS 'Runs as exports write them. Queries select all columns of it, so its columns never change: another set of columns is another view.';

DROP VIEW run_details;

CREATE VIEW run_details AS
SELECT r.run_id, r.received_on, r.run_name, r.agent_name, r.environment, r.status,
       r.duration_us / 1000.0 AS total_duration_ms,
       r.total_cost, r.tokens_in, r.tokens_out, r.event_count, r.error_count,
       r.metadata, r.created_at, r.updated_at
  FROM runs AS r;

COMMENT ON VIEW run_details IS 'Runs as the API returns them. Queries select all columns of it, so its columns never change: another set of columns is another view.';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = 'gati_read') THEN
        GRANT SELECT ON event_details, exported_runs, run_details TO gati_read;
    END IF;
END
$$;

DROP INDEX runs_started_at_idx;
DROP INDEX runs_agent_name_started_at_idx;

CREATE INDEX runs_created_at_idx ON runs (created_at DESC);

ALTER TABLE runs
    ALTER COLUMN started_at DROP NOT NULL,
    ALTER COLUMN last_event_at DROP NOT NULL;

COMMENT ON COLUMN runs.status IS NULL;
COMMENT ON COLUMN runs.started_at IS NULL;
COMMENT ON COLUMN runs.last_event_at IS NULL;
COMMENT ON COLUMN runs.owner_is_root IS 'Whether the event that gives the run its agent is a root agent_start; else it is the earliest event';

UPDATE runs AS r
   SET started_at  = f.started_at,
       duration_us = (extract(epoch FROM r.last_event_at - f.started_at) * 1000000)::bigint,
       status      = f.status
  FROM (SELECT e.run_id, min(e.timestamp) AS started_at,
               CASE WHEN bool_or(e.is_error AND e.event_type IN ('agent_end', 'error')) THEN 'failed'
                    WHEN bool_or(e.event_type = 'agent_end')                            THEN 'completed'
                    ELSE 'active' END AS status
          FROM events AS e
         GROUP BY e.run_id) AS f
 WHERE r.run_id = f.run_id;

DROP VIEW run_facts;
DROP VIEW event_times;
ALTER TABLE runs
    DROP COLUMN ended_at,
    DROP COLUMN pending_ends,
    DROP COLUMN owner_tie;
ALTER TABLE events
    DROP COLUMN stamped_at_end,
    DROP COLUMN tie;

INSERT INTO metric_deltas (quarter_hour, agent_name, runs, completed, failed, duration_us)
SELECT date_bin('15 minutes', r.created_at, '1970-01-01 00:00:00+00') AS quarter_hour, r.agent_name,
       count(*),
       count(*) FILTER (WHERE r.status = 'completed'),
       count(*) FILTER (WHERE r.status = 'failed'),
       sum(r.duration_us)
  FROM runs AS r
 GROUP BY quarter_hour, r.agent_name;

COMMENT ON COLUMN metric_deltas.quarter_hour IS 'Of the event''s timestamp; of a run''s created_at in the rows that count runs, whose event_type and model are empty';

COMMENT ON VIEW daily_metrics_live IS 'Sums by agent, day (UTC), type and model of the event (empty: no model), exact in every snapshot. Runs are in the rows whose event_type is empty, at their created_at.';

COMMENT ON VIEW quarter_hour_metrics_live IS 'Sums by agent, quarter hour, type and model of the event (empty: no model), exact in every snapshot. Runs are in the rows whose event_type is empty, at their created_at.';
