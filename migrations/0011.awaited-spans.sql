-- 0011.awaited-spans: note which spans around calls a run does not hold yet, so that each call counts once.
--
-- locks    runs, against everyone, for a moment
-- safe     yes: older processes leave the column empty, and count as before
--
-- What runs have counted before stays as it is.

SET LOCAL lock_timeout = '2s';

ALTER TABLE runs
    ADD COLUMN awaited_spans uuid[] NOT NULL DEFAULT '{}';

COMMENT ON COLUMN runs.awaited_spans IS 'The nearest spans around its calls with usage that the run does not hold yet: should one be in such a call itself, the calls inside stop counting. At most 1,000';
