-- citus/drop_keys: take from runs what a distributed table cannot have.
--
-- The foreign key's table stays on the coordinator: runs/add holds the agents in its place. Citus
-- allows no unique key without run_id. The agent's lock, under which runs are named, is enough.

ALTER TABLE runs
    DROP CONSTRAINT IF EXISTS runs_agent_name_fkey,
    DROP CONSTRAINT IF EXISTS runs_agent_name_run_name_key;
