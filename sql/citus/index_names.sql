-- citus/index_names: create the index on agent and name that replaces the unique key.

CREATE INDEX IF NOT EXISTS runs_agent_name_run_name_idx ON runs (agent_name, run_name);
