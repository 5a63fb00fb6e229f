-- 0004.keys, backwards: drop what it created.
--
-- locks    what it drops, against everyone, until it ends
-- loses    every key and the audit log: the service is open again
-- lost     keys  api_keys
--          all API keys: afterwards the service is open to all, without a key
-- lost     audit-log  audit_log
--          the audit log: who deleted, renamed, created and revoked what

SET LOCAL lock_timeout = '2s';

DROP TABLE audit_log;
DROP FUNCTION refuse_change();
DROP TABLE api_keys;
