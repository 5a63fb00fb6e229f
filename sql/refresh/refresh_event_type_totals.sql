-- refresh/refresh_event_type_totals: bring the materialized view event_type_totals up to date.
--
-- Within the fold's transaction, never after it; CONCURRENTLY, so that no reader waits or sees less.
--
-- plan     computes the view, compares it with what is there, writes the difference

REFRESH MATERIALIZED VIEW CONCURRENTLY event_type_totals;
