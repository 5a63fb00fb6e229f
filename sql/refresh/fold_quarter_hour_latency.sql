-- refresh/fold_quarter_hour_latency: add the latencies of the deltas to quarter_hour_latency.
--
-- index    quarter_hour_latency_pkey
-- plan     one pass over the deltas, one look-up per row of the result, in key order

INSERT INTO quarter_hour_latency AS t (agent_name, quarter_hour, event_type, model, latency_bucket, events, tool)
SELECT d.agent_name, d.quarter_hour, d.event_type, d.model, b.latency_bucket, sum(b.events),
       d.tool
  FROM metric_deltas AS d
 CROSS JOIN unnest(d.latency_buckets, d.latency_counts) AS b (latency_bucket, events)
 WHERE d.quarter_hour >= (SELECT s.quarter_hours_from FROM fold_state AS s)
 GROUP BY d.agent_name, d.quarter_hour, d.event_type, d.model, b.latency_bucket, d.tool
 ORDER BY d.agent_name, d.quarter_hour, d.event_type, d.model, b.latency_bucket, d.tool
    ON CONFLICT ON CONSTRAINT quarter_hour_latency_pkey DO UPDATE
           SET events = t.events + excluded.events;
