-- events/enclosing: spans and those around them: in which calls a call may lie.
--
-- Each is visited once, the nearest first, up to 100 for each span that is asked for.
-- Run when a call with usage arrives whose parent came in an earlier transaction. The figures of an agent
-- are at its end, whose id is that of its start with another digit: service/ingest/otlp/span.py.
--
-- params   received_on  date    the run's day
-- params   run_id       uuid    the run, held
-- params   event_ids    uuid[]  the spans to begin with
-- returns  event_id uuid, parent_event_id uuid, event_type text, figures_id uuid
-- rows     one per span that is stored; figures_id: the event that has its figures, of a call with usage
-- index    events_pkey
-- plan     three look-ups by key per span; the recursion ends at the limit; OFFSET 0 keeps the planner from scanning the run
-- try      \set received_on 2026-11-23 \set run_id 8552f8ec-923d-432c-9bc4-802c92078534 \set event_ids '{6738206f-76cb-447b-b55e-2647469279a0}'

WITH RECURSIVE enclosing AS (
    SELECT e.event_id, e.parent_event_id, e.event_type
      FROM events AS e
     WHERE e.received_on = :'received_on'::date
       AND e.run_id      = :'run_id'::uuid
       AND e.event_id    = ANY (:'event_ids'::uuid[])
     UNION
    SELECT p.event_id, p.parent_event_id, p.event_type
      FROM enclosing AS i
\if :{?distributed}
      JOIN events    AS p
        ON p.received_on = :'received_on'::date
       AND p.run_id      = :'run_id'::uuid
       AND p.event_id    = i.parent_event_id
\else
     CROSS JOIN LATERAL (SELECT s.event_id, s.parent_event_id, s.event_type
                           FROM events AS s
                          WHERE s.received_on = :'received_on'::date
                            AND s.run_id      = :'run_id'::uuid
                            AND s.event_id    = i.parent_event_id
                         OFFSET 0) AS p
\endif
     WHERE i.event_type <> 'tool_call'
), spans AS (
    SELECT i.event_id, i.parent_event_id, i.event_type,
           CASE i.event_type WHEN 'agent_start' THEN overlay(i.event_id::text PLACING '9' FROM 20)::uuid
                             ELSE i.event_id END AS figures_id
      FROM enclosing AS i
     LIMIT 100 * cardinality(:'event_ids'::uuid[])
), calls AS (
    SELECT f.event_id
      FROM events AS f
     WHERE f.received_on    = :'received_on'::date
       AND f.run_id         = :'run_id'::uuid
       AND f.event_id       = ANY (ARRAY(SELECT n.figures_id FROM spans AS n))
       AND f.stamped_at_end = (f.event_type = 'agent_end')
       AND (f.tokens_in > 0 OR f.tokens_out > 0 OR f.cost > 0
            OR f.tokens_in IS NULL AND f.data -> 'counted' = 'false')
)
SELECT n.event_id, n.parent_event_id, n.event_type, c.event_id AS figures_id
  FROM spans AS n
  LEFT JOIN calls AS c
    ON c.event_id = n.figures_id
 ORDER BY n.event_id;
