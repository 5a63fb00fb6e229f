-- migrations/has_events: whether the database has the table that every version of the service has.
--
-- returns  has_events boolean
-- rows     one
-- plan     a look-up by name

SELECT to_regclass('events') IS NOT NULL AS has_events;
