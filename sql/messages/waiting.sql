-- messages/waiting: how many messages of log records there are, and how large they are.
--
-- returns  messages bigint, bytes bigint
-- rows     one
-- plan     scan of a table that holds up to 100,000 messages, without their content

SELECT count(*)                   AS messages,
       coalesce(sum(m.bytes), 0)  AS bytes
  FROM span_messages AS m;
