DROP TABLE expired_runs;
DROP VIEW counted_metrics;
DROP TABLE retired_metrics;
