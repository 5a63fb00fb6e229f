-- runs/add: create new runs, in key order.
--
-- The times are those of runs/add_totals later in the transaction: begun with the right start, its update
-- changes no index.
--
-- On Citus there is no foreign key to agents, so this statement locks the agents. A run whose agent has
-- been deleted is not created, which runs/hold detects.
--
-- params   run_ids          uuid[]         the runs, sorted
-- params   received_on      date           today
-- params   agent_names      text[]         their agents
-- params   started_ats      timestamptz[]  the earliest beginning of their events
-- params   run_names        text[]         their names; one that is taken after all is an error (runs_agent_name_run_name_key), to be retried
-- params   environments     text[]
-- params   environment_ats  timestamptz[]  NULL: the service's own environment
-- params   requested_names  text[]         NULL: the service made the name
-- params   requested_ats    timestamptz[]
-- params   owner_is_roots   boolean[]
-- params   owner_ats        timestamptz[]
-- params   owner_ties       integer[]
-- params   owner_event_ids  uuid[]
-- params   owner_parent_ids uuid[]
-- params   metadatas        jsonb[]
-- params   fields           jsonb[]        of each run its session_id, user_id, tags, version, first_error and their sources; NULL: none
-- returns  run_id uuid
-- rows     one per run made; a run that another transaction made meanwhile is left as it is
-- index    runs_pkey
-- plan     one insert per run
-- try      \set run_ids '{}' \set received_on 2026-11-23 \set agent_names '{}' \set started_ats '{}' \set run_names '{}' \set environments '{}' \set environment_ats '{}' \set requested_names '{}' \set requested_ats '{}' \set owner_is_roots '{}' \set owner_ats '{}' \set owner_ties '{}' \set owner_event_ids '{}' \set owner_parent_ids '{}' \set metadatas '{}' \set fields '{}'

INSERT INTO runs (run_id, received_on, agent_name, started_at, ended_at, last_event_at, run_name,
                  environment, environment_at, requested_name, requested_at,
                  owner_is_root, owner_at, owner_tie, owner_event_id, owner_parent_id, metadata,
                  metadata_bytes, session_id, user_id, tags, version, first_error, field_sources)
SELECT n.run_id, :'received_on'::date, n.agent_name, n.started_at, n.started_at, n.started_at, n.run_name,
       n.environment, n.environment_at, n.requested_name, n.requested_at,
       n.owner_is_root, n.owner_at, n.owner_tie, n.owner_event_id, n.owner_parent_id, n.metadata,
       octet_length(n.metadata::text), n.fields ->> 'session_id', n.fields ->> 'user_id',
       CASE WHEN n.fields -> 'tags' IS NULL THEN '{}'
            ELSE ARRAY(SELECT jsonb_array_elements_text(n.fields -> 'tags')) END,
       n.fields ->> 'version', n.fields -> 'first_error', coalesce(n.fields -> 'sources', '{}')
  FROM unnest(:'run_ids'::uuid[], :'agent_names'::text[], :'started_ats'::timestamptz[],
              :'run_names'::text[],
              :'environments'::text[], :'environment_ats'::timestamptz[],
              :'requested_names'::text[], :'requested_ats'::timestamptz[],
              :'owner_is_roots'::boolean[], :'owner_ats'::timestamptz[], :'owner_ties'::integer[],
              :'owner_event_ids'::uuid[], :'owner_parent_ids'::uuid[], :'metadatas'::jsonb[], :'fields'::jsonb[])
    AS n (run_id, agent_name, started_at, run_name, environment, environment_at, requested_name, requested_at,
          owner_is_root, owner_at, owner_tie, owner_event_id, owner_parent_id, metadata, fields)
\if :{?distributed}
  JOIN agents AS a
    ON a.name = n.agent_name
   FOR KEY SHARE OF a
\endif
    ON CONFLICT (run_id) DO NOTHING
RETURNING run_id;
