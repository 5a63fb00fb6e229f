-- runs/states: the state of the runs that a transaction is about to write, without locks.
--
-- params   run_ids  uuid[]  the runs
-- returns  run_id uuid, is_expired boolean, received_on date, agent_name text, run_name text, environment text, environment_at timestamp with time zone, requested_name text, requested_at timestamp with time zone, renamed boolean, status text, started_at timestamp with time zone, duration_us bigint, event_count bigint, has_moved boolean, waiting integer, field_sources text, owner_is_root boolean, owner_at timestamp with time zone, owner_tie integer, owner_event_id uuid, owner_parent_id uuid
-- rows     one per run that exists, with how many events it waits for; and one per run that retention removed, with nothing but its id
-- index    runs_pkey, expired_runs_pkey
-- plan     two index scans; the second table is empty without retention
-- try      \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}'

SELECT r.run_id, false AS is_expired, r.received_on, r.agent_name, r.run_name, r.environment, r.environment_at,
       r.requested_name, r.requested_at, r.renamed, r.status, r.started_at, r.duration_us, r.event_count,
       r.moved_xid IS NOT NULL AS has_moved, cardinality(r.pending_ends) + cardinality(r.awaited_spans) AS waiting,
       nullif(r.field_sources, '{}')::text AS field_sources,
       r.owner_is_root, r.owner_at, r.owner_tie, r.owner_event_id, r.owner_parent_id
  FROM runs AS r
 WHERE r.run_id = ANY (:'run_ids'::uuid[])
 UNION ALL
SELECT x.run_id, true, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
       NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM expired_runs AS x
 WHERE x.run_id = ANY (:'run_ids'::uuid[]);
