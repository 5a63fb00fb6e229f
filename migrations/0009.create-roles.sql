-- Create the cluster's roles for ingest, reads and BI, where whoever migrates may create roles.
--
-- locks    nothing that exists
-- old code safe while it runs; it goes on as the owner of the tables
--
-- Roles belong to the cluster, and several of its databases may have this migration: one that is there
-- already stays as it is. Where no role may be created nothing is, and all runs as the owner. They get
-- no password here. What they may do in this database follows: sql/roles/lacking.sql, in each migrate up.

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
            WHEN duplicate_object OR unique_violation THEN NULL;  -- another database's, at this moment
            WHEN insufficient_privilege THEN NULL;
        END;
    END LOOP;
END
$$;
