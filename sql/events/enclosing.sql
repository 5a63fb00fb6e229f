-- events/enclosing: spans and those around them: in which calls a call may lie.
--
-- Each is visited once, the nearest first. On Citus the spans alone: no recursion there spans runs, so the writer asks again.
-- Run when a call with usage arrives whose parent came in an earlier transaction. The figures of an agent
-- are at its end, whose id is that of its start with another digit: service/ingest/otlp/span.py.
--
-- params   received_ons  date[]  the days of the runs
-- params   run_ids       uuid[]  the runs, held, beside the days
-- params   event_ids     uuid[]  the spans to begin with, beside the runs; each once
-- params   span_limit    bigint  how many spans to visit
-- returns  run_id uuid, event_id uuid, parent_event_id uuid, event_type text, figures_id uuid
-- rows     one per span that is stored; figures_id: the event that has its figures, of a call with usage
-- index    events_pkey
-- plan     two look-ups by key per span, OFFSET 0 as in events/stored; the recursion ends at the limit
-- try      \set received_ons '{2026-11-23}' \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}' \set event_ids '{6738206f-76cb-447b-b55e-2647469279a0}' \set span_limit 100

\if :{?distributed}
SELECT e.run_id, e.event_id, e.parent_event_id, e.event_type,
       CASE WHEN f.tokens_in > 0 OR f.tokens_out > 0 OR f.cost > 0 OR f.repeats IS NOT NULL
            THEN f.event_id END AS figures_id
  FROM unnest(:'received_ons'::date[], :'run_ids'::uuid[], :'event_ids'::uuid[])
    AS k (received_on, run_id, event_id)
  JOIN events AS e
    ON e.received_on = k.received_on
   AND e.run_id      = k.run_id
   AND e.event_id    = k.event_id
   AND e.run_id      = ANY (:'run_ids'::uuid[])
  LEFT JOIN events AS f
    ON f.received_on    = e.received_on
   AND f.run_id         = e.run_id
   AND f.event_id       = CASE e.event_type WHEN 'agent_start' THEN overlay(e.event_id::text PLACING '9' FROM 20)::uuid
                                            ELSE e.event_id END
   AND f.stamped_at_end = (f.event_type = 'agent_end')
 ORDER BY e.run_id, e.event_id
 LIMIT :'span_limit'::bigint;
\else
WITH RECURSIVE enclosing AS (
    SELECT k.received_on, k.run_id, e.event_id, e.parent_event_id, e.event_type
      FROM unnest(:'received_ons'::date[], :'run_ids'::uuid[], :'event_ids'::uuid[])
        AS k (received_on, run_id, event_id)
     CROSS JOIN LATERAL (SELECT s.event_id, s.parent_event_id, s.event_type
                           FROM events AS s
                          WHERE s.received_on = k.received_on
                            AND s.run_id      = k.run_id
                            AND s.event_id    = k.event_id
                         OFFSET 0) AS e
     UNION
    SELECT i.received_on, i.run_id, p.event_id, p.parent_event_id, p.event_type
      FROM enclosing AS i
     CROSS JOIN LATERAL (SELECT s.event_id, s.parent_event_id, s.event_type
                           FROM events AS s
                          WHERE s.received_on = i.received_on
                            AND s.run_id      = i.run_id
                            AND s.event_id    = i.parent_event_id
                         OFFSET 0) AS p
     WHERE i.event_type <> 'tool_call'
), spans AS (
    SELECT i.received_on, i.run_id, i.event_id, i.parent_event_id, i.event_type,
           CASE i.event_type WHEN 'agent_start' THEN overlay(i.event_id::text PLACING '9' FROM 20)::uuid
                             ELSE i.event_id END AS figures_id
      FROM enclosing AS i
     LIMIT :'span_limit'::bigint
)
SELECT n.run_id, n.event_id, n.parent_event_id, n.event_type,
       CASE WHEN c.has_usage THEN n.figures_id END AS figures_id
  FROM spans AS n
  LEFT JOIN LATERAL (SELECT f.tokens_in > 0 OR f.tokens_out > 0 OR f.cost > 0 OR f.repeats IS NOT NULL AS has_usage
                       FROM events AS f
                      WHERE f.received_on    = n.received_on
                        AND f.run_id         = n.run_id
                        AND f.event_id       = n.figures_id
                        AND f.stamped_at_end = (f.event_type = 'agent_end')
                     OFFSET 0) AS c
    ON true
 ORDER BY n.run_id, n.event_id;
\endif
