DROP VIEW run_metrics;
DROP TABLE metric_deltas;
DROP TABLE latency_buckets;
DROP FUNCTION latency_bucket(bigint);
DROP FUNCTION latency_edges();
