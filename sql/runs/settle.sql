-- runs/settle: give runs the agent, name, environment, metadata and fields that their events now give.
--
-- params   run_ids          uuid[]         the runs, held
-- params   agent_names      text[]         their agents; locked where they change
-- params   run_names        text[]         their names, free under those agents
-- params   environments     text[]
-- params   environment_ats  timestamptz[]
-- params   requested_names  text[]
-- params   requested_ats    timestamptz[]
-- params   owner_is_roots   boolean[]
-- params   owner_ats        timestamptz[]
-- params   owner_ties       integer[]
-- params   owner_event_ids  uuid[]
-- params   owner_parent_ids uuid[]
-- params   metadatas        jsonb[]        NULL: leave it as it is
-- params   fields           jsonb[]        of each run those of session_id, user_id, tags, version and first_error that change, and their sources; NULL: none
-- index    runs_pkey
-- plan     one index look-up per run
-- try      \set run_ids '{}' \set agent_names '{}' \set run_names '{}' \set environments '{}' \set environment_ats '{}' \set requested_names '{}' \set requested_ats '{}' \set owner_is_roots '{}' \set owner_ats '{}' \set owner_ties '{}' \set owner_event_ids '{}' \set owner_parent_ids '{}' \set metadatas '{}' \set fields '{}'

UPDATE runs AS r
   SET agent_name      = n.agent_name,
       run_name        = n.run_name,
       environment     = n.environment,
       environment_at  = n.environment_at,
       requested_name  = n.requested_name,
       requested_at    = n.requested_at,
       owner_is_root   = n.owner_is_root,
       owner_at        = n.owner_at,
       owner_tie       = n.owner_tie,
       owner_event_id  = n.owner_event_id,
       owner_parent_id = n.owner_parent_id,
       metadata        = coalesce(n.metadata, r.metadata),
       metadata_bytes  = coalesce(octet_length(n.metadata::text), r.metadata_bytes),
       session_id      = coalesce(n.fields ->> 'session_id', r.session_id),
       user_id         = coalesce(n.fields ->> 'user_id', r.user_id),
       tags            = CASE WHEN n.fields -> 'tags' IS NULL THEN r.tags
                              ELSE ARRAY(SELECT jsonb_array_elements_text(n.fields -> 'tags')) END,
       version         = coalesce(n.fields ->> 'version', r.version),
       first_error     = coalesce(n.fields -> 'first_error', r.first_error),
       field_sources   = r.field_sources || coalesce(n.fields -> 'sources', '{}'),
       updated_at      = now()
  FROM unnest(:'run_ids'::uuid[], :'agent_names'::text[], :'run_names'::text[],
              :'environments'::text[], :'environment_ats'::timestamptz[],
              :'requested_names'::text[], :'requested_ats'::timestamptz[],
              :'owner_is_roots'::boolean[], :'owner_ats'::timestamptz[], :'owner_ties'::integer[],
              :'owner_event_ids'::uuid[], :'owner_parent_ids'::uuid[], :'metadatas'::jsonb[], :'fields'::jsonb[])
    AS n (run_id, agent_name, run_name, environment, environment_at, requested_name, requested_at,
          owner_is_root, owner_at, owner_tie, owner_event_id, owner_parent_id, metadata, fields)
 WHERE r.run_id = n.run_id
\if :{?distributed}
   AND r.run_id = ANY (:'run_ids'::uuid[])
\endif
;
