-- refresh/refresh_agent_totals: refresh the materialized view agent_totals.
--
-- Within the fold's transaction, never after it. CONCURRENTLY, so that readers neither wait nor miss rows.
--
-- plan     computes the view, compares it with the stored rows, writes the difference

REFRESH MATERIALIZED VIEW CONCURRENTLY agent_totals;
