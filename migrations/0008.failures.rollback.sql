-- 0008.failures, backwards: forget the error of the last failed fold.
--
-- locks    refresh_leader, against everyone, until it ends
-- loses    when the last fold failed, and from what
-- again    refresh_leader

SET LOCAL lock_timeout = '2s';

ALTER TABLE refresh_leader
    DROP COLUMN failed_at,
    DROP COLUMN failure;

COMMENT ON COLUMN audit_log.actor IS 'The id of the key, anonymous while no key exists; command for the command line; retention';
