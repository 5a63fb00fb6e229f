-- roles/open_to_public: privileges of PUBLIC that no role needs, where the user may revoke them.
--
-- TEMPORARY is PostgreSQL's default; CREATE was, before 15, and stays in databases that are older.
--
-- returns  privilege text, object name
-- rows     up to two
-- plan     two look-ups in the catalog

SELECT 'temporary' AS privilege, d.datname AS object
  FROM pg_database AS d
 CROSS JOIN aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) AS a
 WHERE d.datname        = current_database()
   AND a.grantee        = 0
   AND a.privilege_type = 'TEMPORARY'
   AND pg_has_role(d.datdba, 'USAGE')
 UNION ALL
SELECT 'create', n.nspname
  FROM pg_namespace AS n
 CROSS JOIN aclexplode(n.nspacl) AS a
 WHERE n.nspname        = current_schema()
   AND a.grantee        = 0
   AND a.privilege_type = 'CREATE'
   AND pg_has_role(n.nspowner, 'USAGE')
 ORDER BY privilege;
