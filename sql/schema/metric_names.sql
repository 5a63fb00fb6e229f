-- metric_names: the event types, models and tools that count under their own name in the metrics of an agent.
-- All others count under (other). Rows are only ever added, and none once a kind is full, so an event's name
-- counts in the same way from its storing on: what counts as itself is what has a row.

CREATE TABLE metric_names (
    agent_name text NOT NULL,
    kind       text NOT NULL,
    name       text NOT NULL,
    CONSTRAINT metric_names_pkey PRIMARY KEY (agent_name, kind, name),
    CONSTRAINT metric_names_kind_check CHECK (kind IN ('event_type', 'model', 'tool'))
);

COMMENT ON TABLE metric_names IS 'The names that count as themselves in the metrics of an agent, 1,000 event types, 1,000 models and 200 tools; all others count under (other). Never delete a row: every worker remembers what it has read.';

COMMENT ON COLUMN metric_names.name IS '(other) once the kind is full: no name is added any more';
