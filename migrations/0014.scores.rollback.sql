-- 0014.scores, backwards: drop what it created.
--
-- locks    what it drops, against everyone, until it ends
-- loses    all scores, and the sums of those of removed runs
-- lost     scores  scores
--          all scores of runs
-- lost     score-sums  retired_scores
--          sums of the scores of runs that retention removed: nothing can count them again

SET LOCAL lock_timeout = '2s';

DROP TABLE retired_scores;
DROP VIEW score_details;
DROP TABLE scores;
