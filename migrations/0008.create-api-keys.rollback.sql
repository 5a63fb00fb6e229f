DROP TABLE audit_log;
DROP FUNCTION refuse_change();
DROP TABLE api_keys;
