-- 0004.keys: create the API keys and the audit log.
--
-- locks    nothing that exists
-- safe     yes: no code runs before the first release

SET LOCAL lock_timeout = '2s';

CREATE TABLE api_keys (
    key_id       text        NOT NULL,
    name         text        NOT NULL,
    scope        text        NOT NULL,
    sha256       bytea       NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_on date,
    CONSTRAINT api_keys_pkey PRIMARY KEY (key_id),
    CONSTRAINT api_keys_scope_check CHECK (scope IN ('ingest', 'read', 'admin')),
    CONSTRAINT api_keys_sha256_check CHECK (length(sha256) = 32)
);

CREATE UNIQUE INDEX api_keys_name_idx ON api_keys (name) WHERE revoked_at IS NULL;

COMMENT ON TABLE api_keys IS 'The keys that clients send as Authorization: Bearer. A key itself is stored nowhere, only its SHA-256. Rows are never deleted: from the first key on, the service refuses every request without a key.';

COMMENT ON COLUMN api_keys.last_used_on IS 'The last day (UTC) on which a client sent the key, at most a minute late';

CREATE TABLE audit_log (
    audit_id bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    at       timestamptz NOT NULL DEFAULT now(),
    actor    text        NOT NULL,
    action   text        NOT NULL,
    subject  text        NOT NULL,
    CONSTRAINT audit_log_pkey PRIMARY KEY (audit_id)
);

COMMENT ON TABLE audit_log IS 'What was created, revoked, renamed and removed, when and by whom, in the transaction that did it. Rows can only be added.';

COMMENT ON COLUMN audit_log.actor IS 'The id of the key, anonymous while no key exists; command for the command line; retention';

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER audit_log_is_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
