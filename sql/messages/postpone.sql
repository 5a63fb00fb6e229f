-- messages/postpone: look for the spans of messages again after as long as they have waited, at most a minute.
--
-- params   run_ids      uuid[]         the runs of their spans
-- params   event_ids    uuid[]         the events that stand for the spans
-- params   digests      uuid[]         MD5 of the records
-- params   rest_untils  timestamptz[]  until when their spans rest, at least; NULL where they do not
-- plan     one look-up per message, or a scan of up to 100,000
-- try      \set run_ids '{}' \set event_ids '{}' \set digests '{}' \set rest_untils '{}'

UPDATE span_messages AS m
   SET due_at = coalesce(n.rest_until,
                         now() + least(interval '1 second' + (now() - m.created_at), interval '1 minute'))
  FROM unnest(:'run_ids'::uuid[], :'event_ids'::uuid[], :'digests'::uuid[], :'rest_untils'::timestamptz[])
    AS n (run_id, event_id, digest, rest_until)
 WHERE m.run_id   = n.run_id
   AND m.event_id = n.event_id
   AND m.digest   = n.digest;
