-- refresh/delete_empty_latencies: delete the rows of a latency table in which no event is left.
--
-- params   relation  identifier  daily_latency, quarter_hour_latency, daily_latency_rollups or latency_rollups
-- plan     one pass; once an hour
-- try      \set relation daily_latency

DELETE FROM :"relation" AS t
 WHERE t.events = 0;
