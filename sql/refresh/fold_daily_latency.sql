-- refresh/fold_daily_latency: add the latencies of the deltas to daily_latency.
--
-- index    daily_latency_pkey
-- plan     one pass over the deltas, one look-up per row of the result, in key order

INSERT INTO daily_latency AS t (agent_name, day, event_type, model, latency_bucket, events, tool)
SELECT d.agent_name, (d.quarter_hour AT TIME ZONE 'UTC')::date AS day, d.event_type, d.model, b.latency_bucket, sum(b.events),
       d.tool
  FROM metric_deltas AS d
 CROSS JOIN unnest(d.latency_buckets, d.latency_counts) AS b (latency_bucket, events)
 GROUP BY d.agent_name, day, d.event_type, d.model, b.latency_bucket, d.tool
 ORDER BY d.agent_name, day, d.event_type, d.model, b.latency_bucket, d.tool
    ON CONFLICT ON CONSTRAINT daily_latency_pkey DO UPDATE
           SET events = t.events + excluded.events;
