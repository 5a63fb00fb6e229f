-- 0006.roles: create the cluster's roles for ingest, reads and BI, where the migrating user may create roles.
--
-- locks    no existing table
-- safe     yes: there is no older release whose code could be running
--
-- An existing role is left unchanged, because roles belong to the cluster and another database's migration
-- may have created it. Without the right to create roles the migration creates none, and the service runs as
-- the owner. After the migrations, `migrate up` grants privileges (sql/roles/lacking.sql) and sets passwords
-- (service/db/roles/grants.py).

SET LOCAL lock_timeout = '2s';

DO $$
DECLARE
    wanted record;
BEGIN
    FOR wanted IN
        SELECT w.name, w.kind
          FROM (VALUES ('gati_ingest', 'LOGIN NOINHERIT'),
                       ('gati_read',   'LOGIN NOINHERIT'),
                       ('gati_bi',     'NOLOGIN')) AS w (name, kind)
         WHERE NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = w.name)
    LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I %s', wanted.name, wanted.kind);
            EXECUTE format('COMMENT ON ROLE %I IS %L', wanted.name, 'GATI Backend, made by ' || session_user);
            IF wanted.name = 'gati_read' THEN
                ALTER ROLE gati_read SET default_transaction_read_only = on;
                IF has_parameter_privilege('temp_file_limit', 'SET') THEN
                    ALTER ROLE gati_read SET temp_file_limit = '2GB';
                END IF;
            END IF;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;  -- another database's migration created it concurrently
            WHEN insufficient_privilege THEN NULL;
        END;
    END LOOP;
END
$$;
