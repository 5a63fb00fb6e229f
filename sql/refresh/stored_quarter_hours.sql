-- refresh/stored_quarter_hours: the oldest and the newest quarter hour that are stored.
--
-- A quarter hour with latencies has sums too, so quarter_hour_latency has none beyond these.
--
-- returns  oldest timestamp with time zone, newest timestamp with time zone
-- rows     one; NULL when none is stored
-- index    quarter_hour_metrics_quarter_hour_idx
-- plan     one row from each end of the index

SELECT min(q.quarter_hour) AS oldest,
       max(q.quarter_hour) AS newest
  FROM quarter_hour_metrics AS q;
