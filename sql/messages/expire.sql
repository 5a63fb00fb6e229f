-- messages/expire: delete messages that waited an hour for their span, or became content five minutes ago.
--
-- plan     scan of a table that holds up to 100,000 messages, without their content

DELETE FROM span_messages AS m
 WHERE m.attached_at < now() - interval '5 minutes'
    OR (m.attached_at IS NULL AND m.created_at < now() - interval '1 hour');
