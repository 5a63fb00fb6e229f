-- migrations/sessions: the sessions of the service and its commands in this database, except migrations.
--
-- returns  application_name text, sessions bigint
-- rows     one per kind of session
-- plan     a function call, sort

SELECT a.application_name,
       count(*) AS sessions
  FROM pg_stat_activity AS a
 WHERE a.datname = current_database()
   AND a.application_name LIKE 'gati-backend %'
   AND a.application_name <> 'gati-backend migrate'
 GROUP BY a.application_name
 ORDER BY a.application_name;
