-- messages/postpone: look for the spans of messages again after as long as they have waited, at most a minute.
--
-- params   run_ids    uuid[]  the runs of their spans
-- params   event_ids  uuid[]  the events that stand for the spans
-- params   digests    uuid[]  MD5 of the records
-- plan     one look-up per message, or a scan of up to 100,000
-- try      \set run_ids '{}' \set event_ids '{}' \set digests '{}'

UPDATE span_messages AS m
   SET due_at = now() + least(interval '1 second' + (now() - m.created_at), interval '1 minute')
  FROM unnest(:'run_ids'::uuid[], :'event_ids'::uuid[], :'digests'::uuid[])
    AS n (run_id, event_id, digest)
 WHERE m.run_id   = n.run_id
   AND m.event_id = n.event_id
   AND m.digest   = n.digest;
