-- 0008.failures: the error of the last failed fold, for the health of every process.
--
-- locks    refresh_leader, against everyone, until it ends
-- safe     yes: older processes read and write the other columns

SET LOCAL lock_timeout = '2s';

ALTER TABLE refresh_leader
    ADD COLUMN failed_at timestamptz,
    ADD COLUMN failure   text;

COMMENT ON COLUMN refresh_leader.failed_at IS 'When a fold last failed; it folds again once fold_state.folded_at is later';

COMMENT ON COLUMN refresh_leader.failure IS 'The error''s class and SQLSTATE, nothing of its text';

COMMENT ON COLUMN audit_log.actor IS 'The id of the key, anonymous while no key exists; command for the command line; retention; service';
