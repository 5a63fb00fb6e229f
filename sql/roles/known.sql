-- roles/known: which of the service's roles this cluster has, and what was noted of them.
--
-- params   none
-- returns  role name, comment text
-- rows     one per role that exists
-- index    none: a table of a few rows
-- plan     a pass over pg_authid, sort
-- try      (no parameters)

SELECT r.rolname                             AS role,
       shobj_description(r.oid, 'pg_authid') AS comment
  FROM pg_roles AS r
 WHERE r.rolname IN ('gati_bi', 'gati_ingest', 'gati_read')
 ORDER BY r.rolname;
