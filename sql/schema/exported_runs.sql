-- exported_runs: a run as /export/runs.csv and the headers of exported events have it.
-- Without the fields of runs: written_runs has taken its place. Processes of before 0013.run-fields read this one.

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
