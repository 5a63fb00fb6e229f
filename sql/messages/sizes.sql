-- messages/sizes: how large the messages of some spans are.
--
-- params   run_ids    uuid[]  the runs of the spans
-- params   event_ids  uuid[]  the events that stand for the spans, beside the runs
-- returns  run_id uuid, event_id uuid, bytes bigint
-- rows     one per span with messages
-- index    span_messages_pkey
-- plan     one index look-up per span, without the content, aggregate
-- try      \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}' \set event_ids '{6738206f-76cb-447b-b55e-2647469279a0}'

SELECT s.run_id, s.event_id, sum(s.bytes) AS bytes
  FROM unnest(:'run_ids'::uuid[], :'event_ids'::uuid[]) AS k (run_id, event_id)
  JOIN span_messages AS s
    ON s.run_id   = k.run_id
   AND s.event_id = k.event_id
 GROUP BY s.run_id, s.event_id
 ORDER BY s.run_id, s.event_id;
