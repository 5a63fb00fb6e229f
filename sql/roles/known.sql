-- roles/known: which of the service's roles this cluster has, and their comments.
--
-- returns  role name, comment text
-- rows     one per role that exists
-- plan     a pass over pg_authid, sort

SELECT r.rolname                             AS role,
       shobj_description(r.oid, 'pg_authid') AS comment
  FROM pg_roles AS r
 WHERE r.rolname IN ('gati_bi', 'gati_ingest', 'gati_read')
 ORDER BY r.rolname;
