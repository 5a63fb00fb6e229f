-- messages/waiting: how many messages of log records there are, and how large they are, by client.
--
-- returns  client text, messages bigint, bytes bigint
-- rows     one per client
-- plan     scan of a table that holds up to 100,000 messages, without their content, aggregate

SELECT m.client, count(*) AS messages, sum(m.bytes) AS bytes
  FROM span_messages AS m
 GROUP BY m.client
 ORDER BY m.client;
