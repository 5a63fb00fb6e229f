-- retention/clock: the day by PostgreSQL's clock, in UTC.
--
-- returns  day date
-- rows     one
-- plan     no table

SELECT (now() AT TIME ZONE 'UTC')::date AS day;
