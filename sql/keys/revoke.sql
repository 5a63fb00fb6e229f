-- keys/revoke: revoke the key of this id, if it is not revoked.
--
-- params   key_id       text         its id
-- returns  key_id text, name text
-- rows     one; none when there is no such key, or it is revoked
-- plan     one pass over a few rows
-- try      \set key_id 0aB1cD2e

   UPDATE api_keys AS k
      SET revoked_at = now()
    WHERE k.revoked_at IS NULL
      AND k.key_id = :'key_id'::text
RETURNING k.key_id, k.name;
