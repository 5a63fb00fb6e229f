-- tail/free_queue: how full the queue of notifications is, from 0 to 1; asking frees what all listeners have read.
--
-- After NOTIFY failed, because a session listened in an open transaction until the queue was full.
--
-- returns  pg_notification_queue_usage double precision
-- rows     one
-- plan     a function call

SELECT pg_notification_queue_usage();
