-- api_keys: the keys that clients send, by their SHA-256.

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
