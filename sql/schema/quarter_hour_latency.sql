-- quarter_hour_latency: how many events have which latency, by quarter hour.

CREATE TABLE quarter_hour_latency (
    agent_name     text        NOT NULL,
    quarter_hour   timestamptz NOT NULL,
    event_type     text        NOT NULL,
    model          text        NOT NULL,
    latency_bucket smallint    NOT NULL,
    events         bigint      NOT NULL,
    tool           text        NOT NULL DEFAULT '',
    CONSTRAINT quarter_hour_latency_pkey PRIMARY KEY (agent_name, quarter_hour, event_type, model, latency_bucket, tool)
) WITH (fillfactor = 80);

CREATE INDEX quarter_hour_latency_quarter_hour_idx ON quarter_hour_latency (quarter_hour);

COMMENT ON TABLE quarter_hour_latency IS 'Events by agent, quarter hour, type, model, tool and latency bucket, kept for 93 days, without what still waits in metric_deltas: ask quarter_hour_latency_live';

CREATE VIEW quarter_hour_latency_parts AS
SELECT d.agent_name, d.quarter_hour, d.event_type, d.model, d.latency_bucket, d.events, d.tool
  FROM quarter_hour_latency AS d
 UNION ALL
SELECT m.agent_name, m.quarter_hour, m.event_type, m.model, b.latency_bucket, b.events, m.tool
  FROM metric_deltas AS m
 CROSS JOIN unnest(m.latency_buckets, m.latency_counts) AS b (latency_bucket, events);

COMMENT ON VIEW quarter_hour_latency_parts IS 'The rows of quarter_hour_latency and of what waits in metric_deltas for it, not added up: sum what you group otherwise than quarter_hour_latency_live does; exact in every snapshot';

CREATE VIEW quarter_hour_latency_live AS
SELECT p.agent_name, p.quarter_hour, p.event_type, p.model, p.latency_bucket,
       sum(p.events)::bigint AS events,
       p.tool
  FROM quarter_hour_latency_parts AS p
 GROUP BY p.agent_name, p.quarter_hour, p.event_type, p.model, p.latency_bucket, p.tool;

COMMENT ON VIEW quarter_hour_latency_live IS 'Events by agent, quarter hour, type, model, tool and latency bucket (see latency_buckets), exact in every snapshot';
