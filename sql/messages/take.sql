-- messages/take: lock the messages that are due, the longest due first.
--
-- Several processes may run it at once: each takes other messages.
--
-- params   row_limit  bigint  messages at most
-- returns  run_id uuid, event_id uuid, digest uuid
-- rows     one per message
-- index    span_messages_due_at_idx
-- plan     index scan up to the limit
-- try      \set row_limit 1000

SELECT m.run_id, m.event_id, m.digest
  FROM span_messages AS m
 WHERE m.attached_at IS NULL
   AND m.due_at <= now()
 ORDER BY m.due_at
 LIMIT :'row_limit'::bigint
   FOR UPDATE SKIP LOCKED;
