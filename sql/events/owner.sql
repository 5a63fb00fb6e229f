-- events/owner: the event that gives a run its agent, among all of the run's events.
--
-- It is the earliest agent_start whose parent is not in the run, nor of the same process as its span; while
-- there is none, the earliest event. Run only when a new event is the parent that the root names,
-- in a run of up to 1,000 events: a larger one keeps its root. service/writer/run_owner.py says when it moves.
--
-- params   received_on  date    the run's day
-- params   run_id       uuid    the run
-- params   byte_limit   bigint  how much data its agent_starts may have whose parent is not in the run, as stored
-- returns  event_id uuid, agent_name text, timestamp timestamp with time zone, tie integer, parent_event_id uuid, is_root boolean, metadata text
-- rows     one; none when the run has no event; metadata of a root alone; is_root is NULL beyond the limit: not told
-- index    events_pkey
-- plan     index scan on one partition; one look-up per agent_start; top-1 sort; data is read of starts whose parent is not in the run
-- try      \set received_on 2026-11-23 \set run_id 8552f8ec-923d-432c-9bc4-802c92078534 \set byte_limit 1000000

SELECT o.event_id, o.agent_name, o.timestamp, o.tie, o.parent_event_id, o.is_root,
       CASE WHEN o.is_root AND jsonb_typeof(o.data -> 'metadata') = 'object'
            THEN o.data ->> 'metadata' END AS metadata
  FROM (SELECT s.event_id, s.agent_name, s.timestamp, s.tie, s.parent_event_id, s.data,
               s.is_start
               AND (s.parent_event_id IS NULL
                    OR s.lacks_parent
                   AND CASE WHEN sum(CASE WHEN s.lacks_parent THEN s.bytes ELSE 0 END) OVER ()
                                 <= :'byte_limit'::bigint
                            THEN s.data -> 'otel' ->> 'span_id' IS NULL
                                 OR coalesce(s.data -> 'otel' ->> 'parent_is_remote', 'false') = 'true' END) AS is_root
          FROM (SELECT e.event_id, e.agent_name, e.timestamp, e.tie, e.parent_event_id, e.data,
                       pg_column_size(e.data) AS bytes, e.event_type = 'agent_start' AS is_start,
                       e.event_type = 'agent_start'
                       AND e.parent_event_id IS NOT NULL
                       AND NOT EXISTS (SELECT
                                         FROM events AS p
                                        WHERE p.received_on = :'received_on'::date
                                          AND p.run_id      = :'run_id'::uuid
                                          AND p.event_id    = e.parent_event_id
                                       OFFSET 0) AS lacks_parent
                  FROM events AS e
                 WHERE e.received_on = :'received_on'::date
                   AND e.run_id      = :'run_id'::uuid
                OFFSET 0) AS s
         ORDER BY is_root DESC, s.timestamp, s.tie, s.event_id
         LIMIT 1) AS o;
