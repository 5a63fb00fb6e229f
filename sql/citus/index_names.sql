-- citus/index_names: look runs up by agent and name without the unique key that did so.

CREATE INDEX IF NOT EXISTS runs_agent_name_run_name_idx ON runs (agent_name, run_name);
