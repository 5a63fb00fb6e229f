-- 0004.keys, backwards: drop what it created.
--
-- locks    what it drops, against everyone, until it ends
-- loses    every key and the audit log: the service is open again

SET LOCAL lock_timeout = '2s';

DROP TABLE audit_log;
DROP FUNCTION refuse_change();
DROP TABLE api_keys;
