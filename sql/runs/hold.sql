-- runs/hold: lock the runs that a transaction writes, in key order, and return their current state.
--
-- On Citus only an UPDATE locks rows of several shards.
-- A run waits for up to 2,000 events. Lists that are longer than asked for stay unread, and are returned as NULL.
--
-- params   run_ids  uuid[]  the runs
-- params   longest  integer  the events of which a run may wait for its lists to be read
-- returns  run_id uuid, received_on date, agent_name text, run_name text, environment text, environment_at timestamp with time zone, requested_name text, requested_at timestamp with time zone, renamed boolean, status text, started_at timestamp with time zone, duration_us bigint, event_count bigint, has_moved boolean, pending_ends text, awaited_spans text, are_waits_read boolean, field_sources text, owner_is_root boolean, owner_at timestamp with time zone, owner_tie integer, owner_event_id uuid, owner_parent_id uuid
-- rows     one per run that exists; fewer than run_ids when one was deleted meanwhile
-- index    runs_pkey
-- plan     index scan, sort, lock rows
-- try      \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}' \set longest 2000

\if :{?distributed}
UPDATE runs AS r
   SET updated_at = r.updated_at
 WHERE r.run_id = ANY (:'run_ids'::uuid[])
RETURNING r.run_id, r.received_on, r.agent_name, r.run_name, r.environment, r.environment_at,
          r.requested_name, r.requested_at, r.renamed, r.status, r.started_at, r.duration_us, r.event_count,
          r.moved_xid IS NOT NULL AS has_moved,
          CASE WHEN cardinality(r.pending_ends) + cardinality(r.awaited_spans) <= :'longest'::integer
               THEN (SELECT '{' || string_agg(u.id::text, ',') || '}' FROM unnest(r.pending_ends) AS u (id)) END AS pending_ends,
          CASE WHEN cardinality(r.pending_ends) + cardinality(r.awaited_spans) <= :'longest'::integer
               THEN (SELECT '{' || string_agg(u.id::text, ',') || '}' FROM unnest(r.awaited_spans) AS u (id)) END AS awaited_spans,
          cardinality(r.pending_ends) + cardinality(r.awaited_spans) <= :'longest'::integer AS are_waits_read,
          nullif(r.field_sources, '{}')::text AS field_sources,
          r.owner_is_root, r.owner_at, r.owner_tie, r.owner_event_id, r.owner_parent_id;
\else
SELECT r.run_id, r.received_on, r.agent_name, r.run_name, r.environment, r.environment_at,
       r.requested_name, r.requested_at, r.renamed, r.status, r.started_at, r.duration_us, r.event_count,
       r.moved_xid IS NOT NULL AS has_moved,
       CASE WHEN cardinality(r.pending_ends) + cardinality(r.awaited_spans) <= :'longest'::integer
            THEN nullif(r.pending_ends, '{}')::text END  AS pending_ends,
       CASE WHEN cardinality(r.pending_ends) + cardinality(r.awaited_spans) <= :'longest'::integer
            THEN nullif(r.awaited_spans, '{}')::text END AS awaited_spans,
       cardinality(r.pending_ends) + cardinality(r.awaited_spans) <= :'longest'::integer AS are_waits_read,
       nullif(r.field_sources, '{}')::text AS field_sources,
       r.owner_is_root, r.owner_at, r.owner_tie, r.owner_event_id, r.owner_parent_id
  FROM runs AS r
 WHERE r.run_id = ANY (:'run_ids'::uuid[])
 ORDER BY r.run_id
   FOR NO KEY UPDATE;
\endif
