-- refresh/fold_latency_rollups: add the latencies of the deltas to latency_rollups.
--
-- index    latency_rollups_pkey
-- plan     one pass over the deltas, one look-up per row of the result, in key order

INSERT INTO latency_rollups AS t (dimension, name, latency_bucket, events)
SELECT w.dimension, w.name, w.latency_bucket, sum(w.events)
  FROM waiting_latency_rollups AS w
 GROUP BY w.dimension, w.name, w.latency_bucket
 ORDER BY w.dimension, w.name, w.latency_bucket
    ON CONFLICT ON CONSTRAINT latency_rollups_pkey DO UPDATE
           SET events = t.events + excluded.events;
