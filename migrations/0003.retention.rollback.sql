-- 0003.retention, backwards: drop what it created.
--
-- locks    what it drops, against everyone, until it ends
-- loses    the metrics of removed runs, which nothing else has

SET LOCAL lock_timeout = '2s';

DROP TABLE expired_runs;
DROP VIEW counted_metrics;
DROP TABLE retired_metrics;
