-- 0003.retention, backwards: drop what it created.
--
-- locks    what it drops, against everyone, until it ends
-- loses    the metrics of removed runs, which nothing else has
-- lost     metrics  retired_metrics, expired_runs
--          metrics of weeks whose events retention removed, and which runs these had: nothing can count them again

SET LOCAL lock_timeout = '2s';

DROP TABLE expired_runs;
DROP VIEW counted_metrics;
DROP TABLE retired_metrics;
