-- events/owner: the events that give runs their agents, each among all of its run's events.
--
-- It is the earliest agent_start whose parent is not in the run, nor of the same process as its span; while
-- there is none, the earliest event. Run only when a new event is the parent that the root names,
-- in runs of up to 1,000 events: a larger one keeps its root. service/writer/run_owner.py says when it moves.
--
-- params   received_ons  date[]  the days of the runs
-- params   run_ids       uuid[]  the runs, beside the days
-- params   byte_limit    bigint  how much data the agent_starts of a run may have whose parents are not in it, as stored
-- returns  run_id uuid, event_id uuid, agent_name text, timestamp timestamp with time zone, tie integer, parent_event_id uuid, is_root boolean, metadata text, bytes bigint
-- rows     one per run that has events; metadata of a root alone; is_root is NULL beyond the limit: not told; bytes: these data
-- index    events_pkey
-- plan     index scan on one partition per run; one look-up per agent_start; sort; data is read of starts whose parent is not in the run
-- try      \set received_ons '{2026-11-23}' \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}' \set byte_limit 1000000

SELECT o.run_id, o.event_id, o.agent_name, o.timestamp, o.tie, o.parent_event_id, o.is_root,
       CASE WHEN o.is_root AND jsonb_typeof(o.data -> 'metadata') = 'object'
            THEN o.data ->> 'metadata' END AS metadata,
       o.bytes
  FROM (SELECT DISTINCT ON (t.run_id)
               t.run_id, t.event_id, t.agent_name, t.timestamp, t.tie, t.parent_event_id, t.data, t.bytes, t.is_root
          FROM (SELECT s.run_id, s.event_id, s.agent_name, s.timestamp, s.tie, s.parent_event_id, s.data, s.bytes,
                       s.is_start
                       AND (s.parent_event_id IS NULL
                            OR s.lacks_parent
                           AND CASE WHEN s.bytes <= :'byte_limit'::bigint
                                    THEN s.data -> 'otel' ->> 'span_id' IS NULL
                                         OR coalesce(s.data -> 'otel' ->> 'parent_is_remote', 'false') = 'true' END) AS is_root
                  FROM (SELECT n.run_id, n.event_id, n.agent_name, n.timestamp, n.tie, n.parent_event_id, n.data,
                               n.is_start, n.lacks_parent,
                               sum(CASE WHEN n.lacks_parent THEN n.size ELSE 0 END)
                                   OVER (PARTITION BY n.run_id) AS bytes
                          FROM (SELECT e.run_id, e.event_id, e.agent_name, e.timestamp, e.tie, e.parent_event_id, e.data,
                                       pg_column_size(e.data) AS size, e.event_type = 'agent_start' AS is_start,
                                       e.event_type = 'agent_start'
                                       AND e.parent_event_id IS NOT NULL
                                       AND NOT EXISTS (SELECT
                                                         FROM events AS p
                                                        WHERE p.received_on = e.received_on
                                                          AND p.run_id      = e.run_id
                                                          AND p.event_id    = e.parent_event_id
\if :{?distributed}
                                                      ) AS lacks_parent
                                  FROM unnest(:'received_ons'::date[], :'run_ids'::uuid[]) AS k (received_on, run_id)
                                  JOIN events AS e
                                    ON e.received_on = k.received_on
                                   AND e.run_id      = k.run_id
                                   AND e.run_id      = ANY (:'run_ids'::uuid[])) AS n
\else
                                                       OFFSET 0) AS lacks_parent
                                  FROM unnest(:'received_ons'::date[], :'run_ids'::uuid[]) AS k (received_on, run_id)
                                 CROSS JOIN LATERAL (SELECT a.run_id, a.received_on, a.event_id, a.agent_name, a.timestamp, a.tie,
                                                            a.parent_event_id, a.event_type, a.data
                                                       FROM events AS a
                                                      WHERE a.received_on = k.received_on
                                                        AND a.run_id      = k.run_id
                                                     OFFSET 0) AS e
                                OFFSET 0) AS n
\endif
                       ) AS s) AS t
         ORDER BY t.run_id, t.is_root DESC, t.timestamp, t.tie, t.event_id) AS o;
