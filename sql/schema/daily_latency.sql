-- daily_latency: how many events have which latency, by day (UTC).

CREATE TABLE daily_latency (
    agent_name     text     NOT NULL,
    day            date     NOT NULL,
    event_type     text     NOT NULL,
    model          text     NOT NULL,
    latency_bucket smallint NOT NULL,
    events         bigint   NOT NULL,
    tool           text     NOT NULL DEFAULT '',
    CONSTRAINT daily_latency_pkey PRIMARY KEY (agent_name, day, event_type, model, latency_bucket, tool)
) WITH (fillfactor = 80);

CREATE INDEX daily_latency_day_idx ON daily_latency (day);

COMMENT ON TABLE daily_latency IS 'Events by agent, day (UTC), type, model, tool and latency bucket, without what still waits in metric_deltas: ask daily_latency_live';

CREATE VIEW daily_latency_parts AS
SELECT d.agent_name, d.day, d.event_type, d.model, d.latency_bucket, d.events, d.tool
  FROM daily_latency AS d
 UNION ALL
SELECT m.agent_name, (m.quarter_hour AT TIME ZONE 'UTC')::date, m.event_type, m.model, b.latency_bucket, b.events, m.tool
  FROM metric_deltas AS m
 CROSS JOIN unnest(m.latency_buckets, m.latency_counts) AS b (latency_bucket, events);

COMMENT ON VIEW daily_latency_parts IS 'The rows of daily_latency and of what waits in metric_deltas for it, not added up: sum what you group otherwise than daily_latency_live does; exact in every snapshot';

CREATE VIEW daily_latency_live AS
SELECT p.agent_name, p.day, p.event_type, p.model, p.latency_bucket,
       sum(p.events)::bigint AS events,
       p.tool
  FROM daily_latency_parts AS p
 GROUP BY p.agent_name, p.day, p.event_type, p.model, p.latency_bucket, p.tool;

COMMENT ON VIEW daily_latency_live IS 'Events by agent, day (UTC), type, model, tool and latency bucket (see latency_buckets), exact in every snapshot';
