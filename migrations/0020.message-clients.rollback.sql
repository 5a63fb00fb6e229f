-- 0020.message-clients, backwards: drop the column.
--
-- locks    span_messages, against everyone, until it ends
-- loses    which client sent the messages that wait

SET LOCAL lock_timeout = '2s';

ALTER TABLE span_messages DROP COLUMN client;
