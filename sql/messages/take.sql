-- messages/take: lock the messages that are due: of each client the longest due first, the clients in turn.
--
-- So a client whose messages wait for spans that never come keeps those of no other waiting. Several processes may
-- run it at once: each takes other messages.
--
-- params   row_limit  bigint  messages at most
-- returns  run_id uuid, event_id uuid, digest uuid
-- rows     one per message
-- index    span_messages_due_at_idx, span_messages_pkey
-- plan     index scan of up to 100,000 messages, without their content, sort in memory, one look-up per message that is taken
-- try      \set row_limit 1000

SELECT t.run_id, t.event_id, t.digest
  FROM (SELECT d.run_id, d.event_id, d.digest, d.due_at,
               row_number() OVER (PARTITION BY d.client ORDER BY d.due_at) AS turn
          FROM span_messages AS d
         WHERE d.attached_at IS NULL
           AND d.due_at <= now()
         ORDER BY turn, d.due_at) AS d
 CROSS JOIN LATERAL (SELECT m.run_id, m.event_id, m.digest
                       FROM span_messages AS m
                      WHERE m.run_id   = d.run_id
                        AND m.event_id = d.event_id
                        AND m.digest   = d.digest
                        AND m.due_at <= now()
                        FOR UPDATE SKIP LOCKED) AS t
 LIMIT :'row_limit'::bigint;
