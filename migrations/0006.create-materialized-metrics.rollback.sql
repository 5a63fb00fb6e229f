DROP VIEW agent_totals_live;
DROP MATERIALIZED VIEW agent_totals;
DROP VIEW daily_model_totals_live;
DROP VIEW daily_event_type_totals_live;
DROP VIEW daily_agent_totals_live;
DROP VIEW daily_totals_live;
DROP VIEW daily_rollups_live;
DROP MATERIALIZED VIEW daily_rollups;
