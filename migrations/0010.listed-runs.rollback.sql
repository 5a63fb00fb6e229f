-- 0010.listed-runs, backwards: drop the view.
--
-- locks    the view, against everyone, until it ends
-- loses    nothing

SET LOCAL lock_timeout = '2s';

DROP VIEW listed_runs;
