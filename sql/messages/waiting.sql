-- messages/waiting: how many messages of log records there are, and how large they are: a client's, and the others'.
--
-- params   client  text  the client
-- returns  messages bigint, bytes bigint, others_messages bigint, others_bytes bigint
-- rows     one
-- plan     scan of a table that holds up to 100,000 messages, without their content
-- try      \set client 127.0.0.1

SELECT count(*) FILTER (WHERE m.client = :'client'::text)                      AS messages,
       coalesce(sum(m.bytes) FILTER (WHERE m.client = :'client'::text), 0)     AS bytes,
       count(*) FILTER (WHERE m.client <> :'client'::text)                     AS others_messages,
       coalesce(sum(m.bytes) FILTER (WHERE m.client <> :'client'::text), 0)    AS others_bytes
  FROM span_messages AS m;
