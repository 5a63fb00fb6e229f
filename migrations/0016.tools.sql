-- 0016.tools: count tool calls by the name of their tool.
--
-- locks    events and the metric tables, against everyone, until it ends: it writes all tool calls
-- safe     no: stop the service first; the old code counts tool calls without their tool
--
-- What runs that retention removed counted for keeps no tool, because nothing says which it was. An agent that has
-- more than 200 tools keeps those of the most calls; the rest counts under (other).

SET LOCAL lock_timeout = '2s';

ALTER TABLE events ADD COLUMN tool text;

UPDATE events AS e
   SET tool = coalesce(CASE WHEN jsonb_typeof(e.data -> 'tool_name') = 'string'
                             AND length(e.data ->> 'tool_name') BETWEEN 1 AND 255
                             AND e.data ->> 'tool_name' !~ '[\x01-\x1f\x7f-\x9f]'
                            THEN e.data ->> 'tool_name' END,
                       CASE WHEN jsonb_typeof(e.data -> 'name') = 'string'
                             AND length(e.data ->> 'name') BETWEEN 1 AND 255
                             AND e.data ->> 'name' !~ '[\x01-\x1f\x7f-\x9f]'
                            THEN e.data ->> 'name' END)
 WHERE e.event_type = 'tool_call'
   AND (e.data ? 'tool_name' OR e.data ? 'name');

ALTER TABLE metric_names
    DROP CONSTRAINT metric_names_kind_check,
    ADD CONSTRAINT metric_names_kind_check CHECK (kind IN ('event_type', 'model', 'tool'));

ALTER TABLE metric_deltas ADD COLUMN tool text NOT NULL DEFAULT '';

ALTER TABLE retired_metrics ADD COLUMN tool text NOT NULL DEFAULT '';

ALTER TABLE daily_metrics
    ADD COLUMN tool text NOT NULL DEFAULT '',
    DROP CONSTRAINT daily_metrics_pkey,
    ADD CONSTRAINT daily_metrics_pkey PRIMARY KEY (agent_name, day, event_type, model, tool);

ALTER TABLE quarter_hour_metrics
    ADD COLUMN tool text NOT NULL DEFAULT '',
    DROP CONSTRAINT quarter_hour_metrics_pkey,
    ADD CONSTRAINT quarter_hour_metrics_pkey PRIMARY KEY (agent_name, quarter_hour, event_type, model, tool);

ALTER TABLE daily_latency
    ADD COLUMN tool text NOT NULL DEFAULT '',
    DROP CONSTRAINT daily_latency_pkey,
    ADD CONSTRAINT daily_latency_pkey PRIMARY KEY (agent_name, day, event_type, model, latency_bucket, tool);

ALTER TABLE quarter_hour_latency
    ADD COLUMN tool text NOT NULL DEFAULT '',
    DROP CONSTRAINT quarter_hour_latency_pkey,
    ADD CONSTRAINT quarter_hour_latency_pkey PRIMARY KEY (agent_name, quarter_hour, event_type, model, latency_bucket, tool);

ALTER TABLE daily_rollups
    DROP CONSTRAINT daily_rollups_dimension_check,
    ADD CONSTRAINT daily_rollups_dimension_check
        CHECK (dimension IN ('all', 'agent', 'event_type', 'model', 'tool'));

ALTER TABLE daily_latency_rollups
    DROP CONSTRAINT daily_latency_rollups_dimension_check,
    ADD CONSTRAINT daily_latency_rollups_dimension_check
        CHECK (dimension IN ('all', 'agent', 'event_type', 'model', 'tool'));

ALTER TABLE latency_rollups
    DROP CONSTRAINT latency_rollups_dimension_check,
    ADD CONSTRAINT latency_rollups_dimension_check
        CHECK (dimension IN ('all', 'agent', 'event_type', 'model', 'tool'));

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

CREATE OR REPLACE VIEW counted_metrics AS
SELECT m.agent_name, m.quarter_hour, m.event_type, m.model, m.latency_bucket, m.events, m.errors,
       m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs, m.completed, m.failed,
       m.duration_us, m.tool
  FROM run_metrics AS m
 UNION ALL
SELECT t.agent_name, t.quarter_hour, t.event_type, t.model, t.latency_bucket, t.events, t.errors,
       t.tokens_in, t.tokens_out, t.cost, t.latency_us, t.runs, t.completed, t.failed,
       t.duration_us, t.tool
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

CREATE OR REPLACE VIEW daily_latency_live AS
SELECT p.agent_name, p.day, p.event_type, p.model, p.latency_bucket,
       sum(p.events)::bigint AS events,
       p.tool
  FROM (SELECT d.agent_name, d.day, d.event_type, d.model, d.latency_bucket, d.events, d.tool
          FROM daily_latency AS d
         UNION ALL
        SELECT m.agent_name, (m.quarter_hour AT TIME ZONE 'UTC')::date, m.event_type, m.model, b.latency_bucket, b.events, m.tool
          FROM metric_deltas AS m
         CROSS JOIN unnest(m.latency_buckets, m.latency_counts) AS b (latency_bucket, events)) AS p
 GROUP BY p.agent_name, p.day, p.event_type, p.model, p.latency_bucket, p.tool;

CREATE OR REPLACE VIEW quarter_hour_latency_live AS
SELECT p.agent_name, p.quarter_hour, p.event_type, p.model, p.latency_bucket,
       sum(p.events)::bigint AS events,
       p.tool
  FROM (SELECT d.agent_name, d.quarter_hour, d.event_type, d.model, d.latency_bucket, d.events, d.tool
          FROM quarter_hour_latency AS d
         UNION ALL
        SELECT m.agent_name, m.quarter_hour, m.event_type, m.model, b.latency_bucket, b.events, m.tool
          FROM metric_deltas AS m
         CROSS JOIN unnest(m.latency_buckets, m.latency_counts) AS b (latency_bucket, events)) AS p
 GROUP BY p.agent_name, p.quarter_hour, p.event_type, p.model, p.latency_bucket, p.tool;

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
 WHERE m.event_type <> ''
 UNION ALL
SELECT 'tool', m.tool, (m.quarter_hour AT TIME ZONE 'UTC')::date,
       m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
       m.completed, m.failed, m.duration_us
  FROM metric_deltas AS m
 WHERE m.event_type <> '';

CREATE OR REPLACE VIEW waiting_latency_rollups AS
SELECT d.dimension, d.name, (m.quarter_hour AT TIME ZONE 'UTC')::date AS day, b.latency_bucket, b.events
  FROM metric_deltas AS m
 CROSS JOIN unnest(m.latency_buckets, m.latency_counts) AS b (latency_bucket, events)
 CROSS JOIN LATERAL (VALUES ('all', ''), ('agent', m.agent_name),
                            ('event_type', m.event_type), ('model', m.model),
                            ('tool', m.tool)) AS d (dimension, name);

INSERT INTO daily_rollups (dimension, name, day, events, errors, tokens_in, tokens_out, cost, latency_us)
SELECT 'tool', '', d.day, sum(d.events), sum(d.errors), sum(d.tokens_in), sum(d.tokens_out), sum(d.cost), sum(d.latency_us)
  FROM daily_metrics AS d
 WHERE d.event_type <> ''
 GROUP BY d.day;

INSERT INTO daily_latency_rollups (dimension, name, day, latency_bucket, events)
SELECT 'tool', '', d.day, d.latency_bucket, sum(d.events)
  FROM daily_latency AS d
 GROUP BY d.day, d.latency_bucket;

INSERT INTO latency_rollups (dimension, name, latency_bucket, events)
SELECT 'tool', '', d.latency_bucket, sum(d.events)
  FROM daily_latency AS d
 GROUP BY d.latency_bucket;

WITH calls AS (
    SELECT m.agent_name, m.tool, sum(m.events) AS events
      FROM run_metrics AS m
     WHERE m.tool NOT IN ('', '(other)')
     GROUP BY m.agent_name, m.tool
), ranked AS (
    SELECT c.agent_name, c.tool,
           row_number() OVER (PARTITION BY c.agent_name ORDER BY c.events DESC, c.tool) AS place
      FROM calls AS c
)
INSERT INTO metric_names (agent_name, kind, name)
SELECT r.agent_name, 'tool', CASE WHEN r.place <= 200 THEN r.tool ELSE '(other)' END
  FROM ranked AS r
 WHERE r.place <= 201;

INSERT INTO metric_names (agent_name, kind, name)
SELECT n.agent_name, 'tool', '(other)'
  FROM metric_names AS n
 WHERE n.kind = 'tool'
 GROUP BY n.agent_name
HAVING count(*) >= 200
    ON CONFLICT ON CONSTRAINT metric_names_pkey DO NOTHING;

WITH cells AS (
    SELECT m.quarter_hour, m.agent_name, m.event_type, m.model, m.tool, m.latency_bucket,
           sum(m.events)     AS events,
           sum(m.errors)     AS errors,
           sum(m.tokens_in)  AS tokens_in,
           sum(m.tokens_out) AS tokens_out,
           sum(m.cost)       AS cost,
           sum(m.latency_us) AS latency_us
      FROM run_metrics AS m
     WHERE m.tool <> ''
     GROUP BY m.quarter_hour, m.agent_name, m.event_type, m.model, m.tool, m.latency_bucket
), moved AS (
    SELECT c.quarter_hour, c.agent_name, v.sign, v.tool, c.latency_bucket,
           CASE WHEN t.name IS NOT NULL THEN c.event_type ELSE '(other)' END AS event_type,
           CASE WHEN c.model = '' OR m.name IS NOT NULL THEN c.model ELSE '(other)' END AS model,
           c.events, c.errors, c.tokens_in, c.tokens_out, c.cost, c.latency_us
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
     CROSS JOIN LATERAL (VALUES (-1, ''),
                                ( 1, CASE WHEN o.name IS NOT NULL THEN c.tool ELSE '(other)' END)) AS v (sign, tool)
)
INSERT INTO metric_deltas (quarter_hour, agent_name, event_type, model, tool, events, errors,
                           tokens_in, tokens_out, cost, latency_us, latency_buckets, latency_counts)
SELECT m.quarter_hour, m.agent_name, m.event_type, m.model, m.tool,
       sum(m.sign * m.events),
       sum(m.sign * m.errors),
       sum(m.sign * m.tokens_in),
       sum(m.sign * m.tokens_out),
       sum(m.sign * m.cost),
       sum(m.sign * m.latency_us),
       coalesce(array_agg(m.latency_bucket)
                FILTER (WHERE m.latency_bucket IS NOT NULL), '{}'),
       coalesce(array_agg(m.sign * m.events)
                FILTER (WHERE m.latency_bucket IS NOT NULL), '{}')
  FROM moved AS m
 GROUP BY m.quarter_hour, m.agent_name, m.event_type, m.model, m.tool;

COMMENT ON TABLE daily_latency IS 'Events by agent, day (UTC), type, model, tool and latency bucket, without what still waits in metric_deltas: ask daily_latency_live';

COMMENT ON VIEW daily_latency_live IS 'Events by agent, day (UTC), type, model, tool and latency bucket (see latency_buckets), exact in every snapshot';

COMMENT ON TABLE daily_metrics IS 'Sums by agent, day (UTC), type, model and tool of the event, without what still waits in metric_deltas: ask daily_metrics_live';

COMMENT ON VIEW daily_metrics_live IS 'Sums by agent, day (UTC), type, model and tool of the event (empty: none), exact in every snapshot. Runs are in the rows whose event_type is empty, at their started_at.';

COMMENT ON TABLE daily_rollups IS 'Sums by day (UTC): of all, by agent, by event_type, by model, by tool (empty: none). Every event is in it once per dimension: never sum over them.';

COMMENT ON COLUMN events.tool IS 'The name of the tool of a tool_call: tool_name of data, else its name';

COMMENT ON TABLE daily_latency_rollups IS 'Events by day (UTC) and latency bucket: of all, by agent, by event_type, by model, by tool. Every event is in it once per dimension: never sum over them.';

COMMENT ON TABLE latency_rollups IS 'Events by latency bucket: of all, by agent, by event_type, by model, by tool. Every event is in it once per dimension: never sum over them.';

COMMENT ON COLUMN metric_deltas.quarter_hour IS 'Of the event''s timestamp; of a run''s started_at in the rows that count runs, whose event_type, model and tool are empty';

COMMENT ON COLUMN metric_deltas.tool IS 'Of a tool_call; empty: none';

COMMENT ON TABLE metric_names IS 'The names that count as themselves in the metrics of an agent, 1,000 event types, 1,000 models and 200 tools; all others count under (other). Never delete a row: every worker remembers what it has read.';

COMMENT ON TABLE quarter_hour_latency IS 'Events by agent, quarter hour, type, model, tool and latency bucket, kept for 93 days, without what still waits in metric_deltas: ask quarter_hour_latency_live';

COMMENT ON VIEW quarter_hour_latency_live IS 'Events by agent, quarter hour, type, model, tool and latency bucket (see latency_buckets), exact in every snapshot';

COMMENT ON TABLE quarter_hour_metrics IS 'Sums by agent, quarter hour, type, model and tool of the event, kept for 93 days, without what still waits in metric_deltas: ask quarter_hour_metrics_live';

COMMENT ON VIEW quarter_hour_metrics_live IS 'Sums by agent, quarter hour, type, model and tool of the event (empty: none), exact in every snapshot. Runs are in the rows whose event_type is empty, at their started_at.';

COMMENT ON TABLE retired_metrics IS 'What runs that retention removed counted for, moved here in the transaction that dropped them: the metrics still have it, and verify adds it in. Each drop appends, so an agent may have several rows of the same quarter hour, type, model and tool.';
