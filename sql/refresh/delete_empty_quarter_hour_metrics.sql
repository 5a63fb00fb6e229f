-- refresh/delete_empty_quarter_hour_metrics: remove the rows in which nothing is left to count.
--
-- Deletes bring sums back to exactly 0; the names of what was deleted go with the rows.
--
-- plan     one pass; once an hour

DELETE FROM quarter_hour_metrics AS t
 WHERE (t.events, t.errors, t.tokens_in, t.tokens_out, t.cost, t.latency_us,
        t.runs, t.completed, t.failed, t.duration_us)
     = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
