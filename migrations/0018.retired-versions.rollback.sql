-- 0018.retired-versions, backwards: drop the table.
--
-- locks    the table, against everyone, until it ends
-- loses    what removed runs added up to by version
-- lost     versions  retired_versions
--          sums by version of runs that retention removed: nothing can count them again

SET LOCAL lock_timeout = '2s';

DROP TABLE retired_versions;
