-- 0015.error-groups, backwards: the exact mirror.
--
-- locks    events, against everyone, until it ends
-- loses    the fingerprints, which can be computed again
-- again    events.error_fingerprint

SET LOCAL lock_timeout = '2s';

DROP VIEW error_texts;

ALTER TABLE events
    DROP COLUMN error_fingerprint;
