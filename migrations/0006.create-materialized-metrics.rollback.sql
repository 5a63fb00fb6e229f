DROP VIEW model_totals_live;
DROP MATERIALIZED VIEW model_totals;
DROP VIEW event_type_totals_live;
DROP MATERIALIZED VIEW event_type_totals;
DROP VIEW daily_totals_live;
DROP MATERIALIZED VIEW daily_totals;
DROP VIEW agent_totals_live;
DROP MATERIALIZED VIEW agent_totals;
