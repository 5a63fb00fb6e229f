-- messages/note_attached: note that messages have become the content of their spans' events.
--
-- Also of those that had before: all messages of a span go together, since content is made of all of them.
--
-- params   run_ids    uuid[]  the runs of their spans
-- params   event_ids  uuid[]  the events that stand for the spans
-- params   digests    uuid[]  MD5 of the records
-- plan     one look-up per message, or a scan of up to 100,000
-- try      \set run_ids '{}' \set event_ids '{}' \set digests '{}'

UPDATE span_messages AS m
   SET attached_at = now()
  FROM unnest(:'run_ids'::uuid[], :'event_ids'::uuid[], :'digests'::uuid[])
    AS n (run_id, event_id, digest)
 WHERE m.run_id   = n.run_id
   AND m.event_id = n.event_id
   AND m.digest   = n.digest;
