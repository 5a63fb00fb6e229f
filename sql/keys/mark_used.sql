-- keys/mark_used: record that clients sent these keys today.
--
-- params   key_ids      text[]       their ids
-- plan     one pass over a few rows
-- try      \set key_ids '{0a1B2c3D}'

UPDATE api_keys AS k
   SET last_used_on = (now() AT TIME ZONE 'UTC')::date
 WHERE k.key_id = ANY (:'key_ids'::text[])
   AND k.last_used_on IS DISTINCT FROM (now() AT TIME ZONE 'UTC')::date;
