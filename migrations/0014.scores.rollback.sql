-- 0014.scores, backwards: drop what it created.
--
-- locks    what it drops, against everyone, until it ends
-- loses    all scores, and the sums of those of removed runs

SET LOCAL lock_timeout = '2s';

DROP TABLE retired_scores;
DROP VIEW score_details;
DROP TABLE scores;
