-- refresh/fold_daily_latency_rollups: add the latencies of the deltas to daily_latency_rollups.
--
-- index    daily_latency_rollups_pkey
-- plan     one pass over the deltas, one look-up per row of the result, in key order

INSERT INTO daily_latency_rollups AS t (dimension, name, day, latency_bucket, events)
SELECT w.dimension, w.name, w.day, w.latency_bucket, sum(w.events)
  FROM waiting_latency_rollups AS w
 GROUP BY w.dimension, w.name, w.day, w.latency_bucket
 ORDER BY w.dimension, w.name, w.day, w.latency_bucket
    ON CONFLICT ON CONSTRAINT daily_latency_rollups_pkey DO UPDATE
           SET events = t.events + excluded.events;
