-- keys/add: store a new key; the name of another valid key violates a constraint (api_keys_name_idx).
--
-- params   key_id       text         its public part
-- params   name         text         what people call it
-- params   scope        text         ingest, read or admin
-- params   sha256       bytea        of the whole key
-- params   expires_at   timestamptz  when it ends; null: never
-- plan     insert
-- try      \set key_id 0a1B2c3D \set name laptop \set scope read \set sha256 '\\xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' \set expires_at 2030-01-01

INSERT INTO api_keys (key_id, name, scope, sha256, expires_at)
VALUES (:'key_id'::text, :'name'::text, :'scope'::text, :'sha256'::bytea, :'expires_at'::timestamptz);
