-- refresh/delete_empty_metrics: delete the rows of a table of sums in which all sums are 0.
--
-- Deletes of runs bring sums back to exactly 0. The names of what was deleted go with these rows.
--
-- params   relation  identifier  daily_metrics, quarter_hour_metrics or daily_rollups
-- plan     one pass; once an hour
-- try      \set relation daily_metrics

DELETE FROM :"relation" AS t
 WHERE (t.events, t.errors, t.tokens_in, t.tokens_out, t.cached_tokens, t.cache_write_tokens, t.reasoning_tokens,
        t.cost, t.latency_us, t.runs, t.completed, t.failed, t.duration_us)
     = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
