-- refresh/refresh_model_totals: bring the materialized view model_totals up to date.
--
-- Within the fold's transaction, never after it; CONCURRENTLY, so that no reader waits or sees less.
--
-- plan     computes the view, compares it with what is there, writes the difference

REFRESH MATERIALIZED VIEW CONCURRENTLY model_totals;
