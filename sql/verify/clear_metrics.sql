-- verify/clear_metrics: empty the metric tables, to rebuild them in the same transaction.
--
-- plan     one pass over each table

WITH daily AS (
    DELETE FROM daily_metrics
), quarter_hours AS (
    DELETE FROM quarter_hour_metrics
), daily_latencies AS (
    DELETE FROM daily_latency
), quarter_hour_latencies AS (
    DELETE FROM quarter_hour_latency
), rollups AS (
    DELETE FROM daily_rollups
), latency_rollups_of_days AS (
    DELETE FROM daily_latency_rollups
)
DELETE FROM latency_rollups;
