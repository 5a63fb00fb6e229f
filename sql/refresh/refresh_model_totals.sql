-- refresh/refresh_model_totals: refresh the materialized view model_totals.
--
-- Within the fold's transaction, never after it. CONCURRENTLY, so that readers neither wait nor miss rows.
--
-- plan     computes the view, compares it with the stored rows, writes the difference

REFRESH MATERIALIZED VIEW CONCURRENTLY model_totals;
