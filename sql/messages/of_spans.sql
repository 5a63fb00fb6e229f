-- messages/of_spans: all messages of some spans, in the order in which they were sent.
--
-- params   run_ids    uuid[]  the runs of the spans
-- params   event_ids  uuid[]  the events that stand for the spans, beside the runs
-- returns  run_id uuid, event_id uuid, digest uuid, is_whole boolean, input jsonb, output jsonb
-- rows     one per message
-- index    span_messages_pkey
-- plan     one index look-up per span, sort in memory
-- try      \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}' \set event_ids '{6738206f-76cb-447b-b55e-2647469279a0}'

SELECT m.run_id, m.event_id, m.digest, m.is_whole,
       m.content -> 'input' AS input, m.content -> 'output' AS output
  FROM unnest(:'run_ids'::uuid[], :'event_ids'::uuid[]) AS k (run_id, event_id)
  JOIN span_messages AS m
    ON m.run_id   = k.run_id
   AND m.event_id = k.event_id
 ORDER BY m.run_id, m.event_id, m.sent_ns, m.place, m.digest;
