-- keys/revoke: revoke the valid key of this name or id.
--
-- params   key          text         its name, or its id
-- returns  key_id text, name text
-- rows     one; none when no valid key has it
-- plan     one pass over a few rows
-- try      \set key laptop

   UPDATE api_keys AS k
      SET revoked_at = now()
    WHERE k.revoked_at IS NULL
      AND :'key'::text IN (k.name, k.key_id)
RETURNING k.key_id, k.name;
