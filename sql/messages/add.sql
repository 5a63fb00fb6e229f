-- messages/add: add messages of log records; those that are there already stay as they are.
--
-- In the order of the key, so that two that add the same wait for each other and do not deadlock.
--
-- params   run_ids    uuid[]     the runs of their spans
-- params   event_ids  uuid[]     the events that stand for the spans
-- params   digests    uuid[]     MD5 of the records
-- params   sent_ns    bigint[]   when they were sent, in nanoseconds since 1970
-- params   places     integer[]  their places in the request
-- params   wholes     boolean[]  whether each is the whole content, or one message of it
-- params   contents   jsonb[]    objects with input, output or both
-- params   client     text       who sent them
-- plan     one look-up per message
-- try      \set run_ids '{}' \set event_ids '{}' \set digests '{}' \set sent_ns '{}' \set places '{}' \set wholes '{}' \set contents '{}' \set client 127.0.0.1

INSERT INTO span_messages (run_id, event_id, digest, sent_ns, place, is_whole, content, bytes, client)
SELECT n.run_id, n.event_id, n.digest, n.sent_ns, n.place, n.is_whole, n.content,
       octet_length(n.content::text) AS bytes, :'client'::text
  FROM unnest(:'run_ids'::uuid[], :'event_ids'::uuid[], :'digests'::uuid[], :'sent_ns'::bigint[],
              :'places'::integer[], :'wholes'::boolean[], :'contents'::jsonb[])
    AS n (run_id, event_id, digest, sent_ns, place, is_whole, content)
 ORDER BY n.run_id, n.event_id, n.digest
    ON CONFLICT (run_id, event_id, digest) DO NOTHING;
