-- keys/all: every key, also expired and revoked, the oldest first; a few rows, which each worker caches.
--
-- returns  key_id text, name text, scope text, sha256 bytea, created_at timestamp with time zone, expires_at timestamp with time zone, revoked_at timestamp with time zone, last_used_on date
-- rows     one per key
-- plan     one pass, sort in memory

SELECT k.key_id,
       k.name,
       k.scope,
       k.sha256,
       k.created_at,
       k.expires_at,
       k.revoked_at,
       k.last_used_on
  FROM api_keys AS k
 ORDER BY k.created_at, k.key_id;
