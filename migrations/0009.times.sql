-- 0009.times: note when events and runs began and ended, their order, and how runs ended; count runs at their start.
--
-- locks    events and runs, against everyone, until it ends: it writes a part of the events and every run
-- safe     no: stop the service first; the old code stores no run without started_at and counts runs elsewhere
--
-- Each run's own part of the metrics is taken away where it was and appended where the run starts. Runs that
-- retention removed stay where they were counted, because nothing says when they started.

SET LOCAL lock_timeout = '2s';

INSERT INTO metric_deltas (quarter_hour, agent_name, runs, completed, failed, duration_us)
SELECT date_bin('15 minutes', r.created_at, '1970-01-01 00:00:00+00') AS quarter_hour, r.agent_name,
       -count(*),
       -count(*) FILTER (WHERE r.status = 'completed'),
       -count(*) FILTER (WHERE r.status = 'failed'),
       -sum(r.duration_us)
  FROM runs AS r
 GROUP BY quarter_hour, r.agent_name;

ALTER TABLE events
    ADD COLUMN stamped_at_end boolean NOT NULL DEFAULT true,
    ADD COLUMN tie integer NOT NULL DEFAULT 0;

UPDATE events
   SET stamped_at_end = false
 WHERE event_type = 'agent_start'
    OR data -> 'otel' ->> 'span_id' IS NOT NULL;

COMMENT ON COLUMN events.stamped_at_end IS 'Whether timestamp is when the event ended. False for agent_start and for spans, which are stamped when they begin';

COMMENT ON COLUMN events.tie IS 'The order of events of one microsecond: the nanoseconds of a span times 2^20, and the place in the request';

ALTER TABLE runs
    ADD COLUMN ended_at timestamptz,
    ADD COLUMN pending_ends uuid[] NOT NULL DEFAULT '{}',
    ADD COLUMN owner_tie integer NOT NULL DEFAULT 0;

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

UPDATE runs AS r
   SET started_at    = f.started_at,
       ended_at      = f.ended_at,
       last_event_at = f.last_event_at,
       duration_us   = f.duration_us,
       status        = f.status,
       pending_ends  = f.pending_ends
  FROM run_facts AS f
 WHERE r.run_id = f.run_id;

ALTER TABLE runs
    ALTER COLUMN started_at SET NOT NULL,
    ALTER COLUMN ended_at SET NOT NULL,
    ALTER COLUMN last_event_at SET NOT NULL;

COMMENT ON COLUMN runs.started_at IS 'The earliest beginning of an event. Set when the run is created, so that the totals which follow are HOT updates';

COMMENT ON COLUMN runs.ended_at IS 'The latest end of an event; duration_us is the difference';

COMMENT ON COLUMN runs.last_event_at IS 'The latest timestamp of an event';

COMMENT ON COLUMN runs.owner_is_root IS 'Whether the event that gives the run its agent is the root agent_start, whose end is the run''s; else it is the earliest event';

COMMENT ON COLUMN runs.owner_tie IS 'The tie of the owning event';

COMMENT ON COLUMN runs.status IS 'How the root ended. The end of an inner agent neither ends nor fails the run';

COMMENT ON COLUMN runs.pending_ends IS 'The events that an agent_end names and the run does not hold yet: should one be the agent_start of an inner agent, the status is found again. Mostly empty';

DROP INDEX runs_created_at_idx;

CREATE INDEX runs_agent_name_started_at_idx ON runs (agent_name, started_at DESC, run_id DESC);

CREATE INDEX runs_started_at_idx ON runs (started_at DESC);

DROP VIEW run_details;

CREATE VIEW run_details AS
SELECT r.run_id, r.received_on, r.run_name, r.agent_name, r.environment, r.status,
       r.started_at, r.ended_at, r.last_event_at,
       r.duration_us / 1000.0 AS total_duration_ms,
       r.total_cost, r.tokens_in, r.tokens_out, r.event_count, r.error_count,
       r.metadata, r.created_at, r.updated_at
  FROM runs AS r;

COMMENT ON VIEW run_details IS 'Runs as the API returns them. Queries select all columns of it, so its columns never change: another set of columns is another view.';

DROP VIEW exported_runs;

CREATE VIEW exported_runs AS
SELECT r.run_id, r.received_on, r.agent_name, r.run_name,
       r.requested_name IS NOT NULL OR r.renamed AS is_named,
       r.environment, r.status, r.started_at, r.ended_at, r.last_event_at,
       r.duration_us / 1000.0 AS total_duration_ms,
       r.total_cost::text     AS total_cost,
       r.tokens_in, r.tokens_out, r.event_count, r.error_count,
       r.metadata, r.created_at, r.updated_at
  FROM runs AS r;

COMMENT ON VIEW exported_runs IS 'Runs as exports write them. Queries select all columns of it, so its columns never change: another set of columns is another view.';

CREATE OR REPLACE VIEW event_details AS
SELECT e.event_id, e.run_id, r.run_name, e.agent_name, e.event_type, e.timestamp,
       e.parent_event_id, e.previous_event_id,
       e.model, e.tokens_in, e.tokens_out, e.cost, e.cost_source,
       e.latency_us / 1000.0 AS latency_ms,
       e.is_error, e.data, e.created_at, e.tie
  FROM runs   AS r
  JOIN events AS e
    ON e.received_on = r.received_on
   AND e.run_id      = r.run_id;

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
       date_bin('15 minutes', r.started_at, '1970-01-01 00:00:00+00'),
       '', '', NULL, 0, 0, 0, 0, 0, 0,
       1,
       (r.status = 'completed')::integer,
       (r.status = 'failed')::integer,
       r.duration_us
  FROM runs AS r;

INSERT INTO metric_deltas (quarter_hour, agent_name, runs, completed, failed, duration_us)
SELECT date_bin('15 minutes', r.started_at, '1970-01-01 00:00:00+00') AS quarter_hour, r.agent_name,
       count(*),
       count(*) FILTER (WHERE r.status = 'completed'),
       count(*) FILTER (WHERE r.status = 'failed'),
       sum(r.duration_us)
  FROM runs AS r
 GROUP BY quarter_hour, r.agent_name;

COMMENT ON COLUMN metric_deltas.quarter_hour IS 'Of the event''s timestamp; of a run''s started_at in the rows that count runs, whose event_type and model are empty';

COMMENT ON VIEW daily_metrics_live IS 'Sums by agent, day (UTC), type and model of the event (empty: no model), exact in every snapshot. Runs are in the rows whose event_type is empty, at their started_at.';

COMMENT ON VIEW quarter_hour_metrics_live IS 'Sums by agent, quarter hour, type and model of the event (empty: no model), exact in every snapshot. Runs are in the rows whose event_type is empty, at their started_at.';
