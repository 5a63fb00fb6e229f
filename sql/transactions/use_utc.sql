-- transactions/use_utc: let this session write times in UTC.
--
-- params   none
-- returns  nothing
-- rows     none
-- index    none
-- plan     a setting of the session; one of the few that PgBouncer keeps for each of its clients
-- try      (no parameters)

SET timezone = 'UTC';
