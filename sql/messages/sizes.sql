-- messages/sizes: how large the messages of some spans are, and whether they became content a moment ago.
--
-- Content is made of all messages of a span, again and again as they come. After each time the span rests for as long as
-- its messages had been coming, up to a minute.
--
-- params   run_ids    uuid[]  the runs of the spans
-- params   event_ids  uuid[]  the events that stand for the spans, beside the runs
-- returns  run_id uuid, event_id uuid, bytes bigint, rests_until timestamp with time zone
-- rows     one per span with messages; rests_until: NULL where it does not rest
-- index    span_messages_pkey
-- plan     one index look-up per span, without the content, aggregate
-- try      \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}' \set event_ids '{6738206f-76cb-447b-b55e-2647469279a0}'

SELECT a.run_id, a.event_id, a.bytes,
       CASE WHEN a.rests_until > now() THEN a.rests_until END AS rests_until
  FROM (SELECT s.run_id, s.event_id, sum(s.bytes) AS bytes,
               max(s.attached_at) + least(max(s.attached_at) - min(s.created_at), interval '1 minute') AS rests_until
          FROM unnest(:'run_ids'::uuid[], :'event_ids'::uuid[]) AS k (run_id, event_id)
          JOIN span_messages AS s
            ON s.run_id   = k.run_id
           AND s.event_id = k.event_id
         GROUP BY s.run_id, s.event_id) AS a
 ORDER BY a.run_id, a.event_id;
