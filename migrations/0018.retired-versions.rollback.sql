-- 0018.retired-versions, backwards: drop the table.
--
-- locks    the table, against everyone, until it ends
-- loses    what removed runs added up to by version

SET LOCAL lock_timeout = '2s';

DROP TABLE retired_versions;
