-- 0012.metric-names: bound the event types and models that an agent has in the metrics.
--
-- locks    no existing table
-- safe     no: stop the service first; the old code counts every event under its own name
--
-- All names that are in the metrics keep counting as themselves, also where an agent has more than it may.

SET LOCAL lock_timeout = '2s';

CREATE TABLE metric_names (
    agent_name text NOT NULL,
    kind       text NOT NULL,
    name       text NOT NULL,
    CONSTRAINT metric_names_pkey PRIMARY KEY (agent_name, kind, name),
    CONSTRAINT metric_names_kind_check CHECK (kind IN ('event_type', 'model'))
);

COMMENT ON TABLE metric_names IS 'The names that count as themselves in the metrics of an agent, 1,000 of each kind; all others count under (other). Never delete a row: every worker remembers what it has read.';

COMMENT ON COLUMN metric_names.name IS '(other) once the kind is full: no name is added any more';

INSERT INTO metric_names (agent_name, kind, name)
SELECT DISTINCT d.agent_name, n.kind, n.name
  FROM daily_metrics_live AS d
 CROSS JOIN LATERAL (VALUES ('event_type', d.event_type), ('model', d.model)) AS n (kind, name)
 WHERE d.events <> 0
   AND n.name NOT IN ('', '(other)');

INSERT INTO metric_names (agent_name, kind, name)
SELECT n.agent_name, n.kind, '(other)'
  FROM metric_names AS n
 GROUP BY n.agent_name, n.kind
HAVING count(*) >= 1000;
