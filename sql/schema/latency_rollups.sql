-- daily_latency_rollups, latency_rollups: latencies rolled up along one dimension at a time, by day and
-- in all. Tables that the fold adds to, not materialized views: at 100 agents x 90 days daily_latency
-- has over a million rows, and a refresh from it takes longer than all the rest of a fold.

CREATE TABLE daily_latency_rollups (
    dimension      text     NOT NULL,
    name           text     NOT NULL,
    day            date     NOT NULL,
    latency_bucket smallint NOT NULL,
    events         bigint   NOT NULL,
    CONSTRAINT daily_latency_rollups_pkey PRIMARY KEY (dimension, name, day, latency_bucket),
    CONSTRAINT daily_latency_rollups_dimension_check
        CHECK (dimension IN ('all', 'agent', 'event_type', 'model', 'tool'))
) WITH (fillfactor = 80);

CREATE INDEX daily_latency_rollups_dimension_day_idx ON daily_latency_rollups (dimension, day);

COMMENT ON TABLE daily_latency_rollups IS 'Events by day (UTC) and latency bucket: of all, by agent, by event_type, by model, by tool. Every event is in it once per dimension: never sum over them.';

CREATE TABLE latency_rollups (
    dimension      text     NOT NULL,
    name           text     NOT NULL,
    latency_bucket smallint NOT NULL,
    events         bigint   NOT NULL,
    CONSTRAINT latency_rollups_pkey PRIMARY KEY (dimension, name, latency_bucket),
    CONSTRAINT latency_rollups_dimension_check
        CHECK (dimension IN ('all', 'agent', 'event_type', 'model', 'tool'))
) WITH (fillfactor = 80);

COMMENT ON TABLE latency_rollups IS 'Events by latency bucket: of all, by agent, by event_type, by model, by tool. Every event is in it once per dimension: never sum over them.';

CREATE VIEW waiting_latency_rollups AS
SELECT d.dimension, d.name, (m.quarter_hour AT TIME ZONE 'UTC')::date AS day, b.latency_bucket, b.events
  FROM metric_deltas AS m
 CROSS JOIN unnest(m.latency_buckets, m.latency_counts) AS b (latency_bucket, events)
 CROSS JOIN LATERAL (VALUES ('all', ''), ('agent', m.agent_name),
                            ('event_type', m.event_type), ('model', m.model),
                            ('tool', m.tool)) AS d (dimension, name);

COMMENT ON VIEW waiting_latency_rollups IS 'What waits in metric_deltas for the latency rollups';

CREATE VIEW daily_latency_rollups_parts AS
SELECT r.dimension, r.name, r.day, r.latency_bucket, r.events
  FROM daily_latency_rollups AS r
 UNION ALL
SELECT w.dimension, w.name, w.day, w.latency_bucket, w.events
  FROM waiting_latency_rollups AS w;

COMMENT ON VIEW daily_latency_rollups_parts IS 'The rows of daily_latency_rollups and of what waits in metric_deltas for it, not added up: sum what you group otherwise than daily_latency_rollups_live does; exact in every snapshot';

CREATE VIEW daily_latency_rollups_live AS
SELECT p.dimension, p.name, p.day, p.latency_bucket,
       sum(p.events)::bigint AS events
  FROM daily_latency_rollups_parts AS p
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
