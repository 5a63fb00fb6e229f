-- refresh/delete_empty_latency_rollups: remove the rows in which nothing is left to count.
--
-- Deletes bring sums back to exactly 0; the names of what was deleted go with the rows.
--
-- params   none
-- returns  nothing
-- rows     none
-- index    none
-- plan     one pass; once an hour
-- try      (no parameters)

DELETE FROM latency_rollups AS t
 WHERE t.events = 0;
