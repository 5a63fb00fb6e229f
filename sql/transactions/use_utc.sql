-- transactions/use_utc: let this session write times in UTC.
--
-- plan     a setting of the session; one of the few that PgBouncer keeps for each of its clients

SET timezone = 'UTC';
