-- 0002.metrics, backwards: drop what it created.
--
-- locks    what it drops, against everyone, until it ends
-- loses    the metrics; python -m service verify --repair counts them again from the events
-- again    metric_deltas, daily_metrics, quarter_hour_metrics, daily_latency, quarter_hour_latency, daily_rollups,
--          daily_latency_rollups, latency_rollups, agent_totals, model_totals, latency_buckets, fold_state, refresh_leader

SET LOCAL lock_timeout = '2s';

DROP VIEW model_totals_live;
DROP MATERIALIZED VIEW model_totals;
DROP VIEW agent_totals_live;
DROP MATERIALIZED VIEW agent_totals;
DROP VIEW daily_model_totals_live;
DROP VIEW event_type_totals_live;
DROP VIEW daily_event_type_totals_live;
DROP VIEW daily_agent_totals_live;
DROP VIEW daily_totals_live;
DROP VIEW daily_rollups_live;
DROP VIEW waiting_rollups;
DROP TABLE daily_rollups;
DROP VIEW latency_rollups_live;
DROP VIEW daily_latency_rollups_live;
DROP VIEW waiting_latency_rollups;
DROP TABLE latency_rollups;
DROP TABLE daily_latency_rollups;
DROP VIEW quarter_hour_latency_live;
DROP TABLE quarter_hour_latency;
DROP VIEW daily_latency_live;
DROP TABLE daily_latency;
DROP VIEW quarter_hour_metrics_live;
DROP TABLE quarter_hour_metrics;
DROP VIEW daily_metrics_live;
DROP TABLE daily_metrics;
DROP TABLE refresh_leader;
DROP VIEW fold_gate;
DROP FUNCTION fold_is_current(bigint);
DROP TABLE fold_state;
DROP VIEW run_metrics;
DROP TABLE metric_deltas;
DROP FUNCTION latency_percentiles(smallint[], bigint[]);
DROP TABLE latency_buckets;
DROP FUNCTION latency_bucket(bigint);
DROP FUNCTION latency_edges();
