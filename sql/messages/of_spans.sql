-- messages/of_spans: all messages of some spans, in the order in which they were sent.
--
-- An event holds so much and no more: of a span's messages beyond that the content is not read.
--
-- params   run_ids    uuid[]  the runs of the spans
-- params   event_ids  uuid[]  the events that stand for the spans, beside the runs
-- params   most_bytes  bigint  of the content of a span, without the last message that is read
-- returns  run_id uuid, event_id uuid, digest uuid, is_whole boolean, was_attached boolean, input jsonb, output jsonb
-- rows     one per message
-- index    span_messages_pkey
-- plan     one index look-up per span, sort in memory
-- try      \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}' \set event_ids '{6738206f-76cb-447b-b55e-2647469279a0}' \set most_bytes 1000000

SELECT m.run_id, m.event_id, m.digest, m.is_whole, m.attached_at IS NOT NULL AS was_attached,
       CASE WHEN m.bytes_before <= :'most_bytes'::bigint THEN m.content -> 'input'  END AS input,
       CASE WHEN m.bytes_before <= :'most_bytes'::bigint THEN m.content -> 'output' END AS output
  FROM (SELECT s.run_id, s.event_id, s.digest, s.is_whole, s.attached_at, s.content, s.sent_ns, s.place,
               sum(s.bytes) OVER (PARTITION BY s.run_id, s.event_id
                                  ORDER BY s.sent_ns, s.place, s.digest
                                  ROWS UNBOUNDED PRECEDING) - s.bytes AS bytes_before
          FROM unnest(:'run_ids'::uuid[], :'event_ids'::uuid[]) AS k (run_id, event_id)
          JOIN span_messages AS s
            ON s.run_id   = k.run_id
           AND s.event_id = k.event_id) AS m
 ORDER BY m.run_id, m.event_id, m.sent_ns, m.place, m.digest;
