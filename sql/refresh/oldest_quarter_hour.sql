-- refresh/oldest_quarter_hour: the oldest quarter hour that is stored.
--
-- A quarter hour with latencies has sums too, so quarter_hour_latency has none that is older.
--
-- returns  quarter_hour timestamp with time zone
-- rows     one; NULL when none is stored
-- index    quarter_hour_metrics_quarter_hour_idx
-- plan     one row of the index

SELECT min(q.quarter_hour) AS quarter_hour
  FROM quarter_hour_metrics AS q;
