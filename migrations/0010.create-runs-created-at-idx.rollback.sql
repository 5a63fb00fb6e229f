DROP INDEX runs_created_at_idx;
