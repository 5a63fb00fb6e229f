-- standby/sessions: how many connections the service has to this server.
SELECT count(*) FROM pg_stat_activity AS a WHERE a.application_name LIKE 'gati-backend %';
