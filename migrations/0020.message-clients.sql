-- 0020.message-clients: note which client sent a message that waits for its span.
--
-- locks    span_messages, against everyone, until it ends; no row is read
-- safe     yes: older processes do not know the column; what they keep, and what waits already, is nobody's

SET LOCAL lock_timeout = '2s';

ALTER TABLE span_messages ADD COLUMN client text NOT NULL DEFAULT '';

COMMENT ON COLUMN span_messages.client IS 'The id of the key that sent it, or an address while no key exists: one holds no more than half of the room';
