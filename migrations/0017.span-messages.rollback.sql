-- 0017.span-messages, backwards: drop the table.
--
-- locks    the table, against everyone, until it ends
-- loses    messages of log records whose spans have not come yet
-- lost     messages  span_messages
--          messages of log records whose spans have not come yet

SET LOCAL lock_timeout = '2s';

DROP TABLE span_messages;
