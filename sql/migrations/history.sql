-- migrations/history: what was applied and rolled back, oldest first. The table is yoyo's own.
--
-- returns  at timestamp without time zone, operation character varying, name character varying, by character varying
-- rows     one per migration applied or rolled back
-- plan     sequential scan, sort

SELECT l.created_at_utc AS at,
       l.operation,
       l.migration_id   AS name,
       l.username       AS by
  FROM _yoyo_log AS l
 ORDER BY l.created_at_utc, l.id;
