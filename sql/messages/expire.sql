-- messages/expire: delete messages that waited an hour for their span, or became content five minutes ago.
--
-- Those that became content stay while another one of their span waits, because content is made of all of them.
-- What another process works on stays for the next time.
--
-- plan     scan of a table that holds up to 100,000 messages, without their content

DELETE FROM span_messages AS m
 USING (SELECT g.run_id, g.event_id, g.digest
          FROM span_messages AS g
         WHERE g.attached_at IS NULL AND g.created_at < now() - interval '1 hour'
            OR g.attached_at < now() - interval '5 minutes'
           AND NOT EXISTS (SELECT
                             FROM span_messages AS w
                            WHERE w.run_id      = g.run_id
                              AND w.event_id    = g.event_id
                              AND w.attached_at IS NULL)
           FOR UPDATE OF g SKIP LOCKED) AS gone
 WHERE m.run_id   = gone.run_id
   AND m.event_id = gone.event_id
   AND m.digest   = gone.digest;
