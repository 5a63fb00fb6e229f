-- transactions/use_settings: give this transaction settings, which end with it.
--
-- The session's start settings, for a PgBouncer, where each transaction may get another session.
-- temp_file_limit is left out where the user lacks the right to set it.
--
-- params   names     text[]  the settings
-- params   settings  text[]  what each is set to
-- returns  used bigint
-- rows     one
-- plan     a function call for each
-- try      \set names '{work_mem,lock_timeout}' \set settings '{64MB,400ms}'

SELECT count(set_config(s.name, s.setting, true)) AS used
  FROM unnest(:'names'::text[], :'settings'::text[]) AS s (name, setting)
 WHERE s.name <> 'temp_file_limit'
    OR has_parameter_privilege(s.name, 'SET');
