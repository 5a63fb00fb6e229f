-- 0006.roles, backwards: revoke the roles' privileges in this database.
--
-- locks    nothing
-- loses    every other grant to gati_ingest, gati_read and gati_bi here
--
-- The roles stay, because other databases of the cluster may use them and gati_bi has members. Once no
-- database uses them: DROP ROLE gati_ingest, gati_read, gati_bi.

SET LOCAL lock_timeout = '2s';

DO $$
DECLARE
    held record;
BEGIN
    FOR held IN
        SELECT DISTINCT r.rolname, d.classid, d.objid
          FROM pg_shdepend AS d
          JOIN pg_roles    AS r ON r.oid = d.refobjid
          JOIN pg_database AS b ON b.datname = current_database()
         WHERE d.refclassid = 'pg_authid'::regclass
           AND d.deptype    = 'a'
           AND r.rolname   IN ('gati_ingest', 'gati_read', 'gati_bi')
           AND (d.dbid = b.oid OR d.classid = 'pg_database'::regclass AND d.objid = b.oid)
    LOOP
        CASE held.classid
            WHEN 'pg_class'::regclass THEN
                EXECUTE format('REVOKE ALL ON %s FROM %I', held.objid::regclass, held.rolname);
            WHEN 'pg_proc'::regclass THEN
                EXECUTE format('REVOKE ALL ON FUNCTION %s FROM %I', held.objid::regprocedure, held.rolname);
            WHEN 'pg_namespace'::regclass THEN
                EXECUTE format('REVOKE ALL ON SCHEMA %s FROM %I', held.objid::regnamespace, held.rolname);
            WHEN 'pg_database'::regclass THEN
                EXECUTE format('REVOKE ALL ON DATABASE %I FROM %I', current_database(), held.rolname);
            ELSE NULL;
        END CASE;
    END LOOP;
    IF (SELECT pg_has_role(b.datdba, 'USAGE') FROM pg_database AS b WHERE b.datname = current_database()) THEN
        EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO PUBLIC', current_database());
    END IF;
END
$$;
