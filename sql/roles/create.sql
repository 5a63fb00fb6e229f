-- roles/create: create the roles that this cluster lacks, where the user may create roles.
--
-- The same as migrations/0006.roles, for a database that was restored into another cluster, and for an owner
-- who has been allowed to create roles since.
--
-- plan     a definition; an existing role is left unchanged

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
