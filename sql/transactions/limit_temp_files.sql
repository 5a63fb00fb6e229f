-- transactions/limit_temp_files: bound what a read of this session may spill to disk.
--
-- A full disk would stop ingest. Only superusers may set this, and roles with the right (GRANT SET ON
-- PARAMETER temp_file_limit TO …). For other roles use ALTER ROLE … SET temp_file_limit.
--
-- returns  set_config text
-- rows     one; none where it is not allowed
-- plan     a function call

SELECT set_config('temp_file_limit', '2GB', false)
WHERE has_parameter_privilege('temp_file_limit', 'SET');
