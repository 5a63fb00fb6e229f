-- 0020.message-clients, backwards: drop the column.
--
-- locks    span_messages, against everyone, until it ends
-- loses    which client sent the messages that wait
-- lost     message-clients  span_messages.client
--          which client sent the messages that wait: they count for no client's share

SET LOCAL lock_timeout = '2s';

ALTER TABLE span_messages DROP COLUMN client;
