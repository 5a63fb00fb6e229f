-- runs/settle: give runs the agent, name, environment and metadata that their events now give.
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
-- index    runs_pkey
-- plan     one index look-up per run
-- try      \set run_ids '{}' \set agent_names '{}' \set run_names '{}' \set environments '{}' \set environment_ats '{}' \set requested_names '{}' \set requested_ats '{}' \set owner_is_roots '{}' \set owner_ats '{}' \set owner_ties '{}' \set owner_event_ids '{}' \set owner_parent_ids '{}' \set metadatas '{}'

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
       updated_at      = now()
  FROM unnest(:'run_ids'::uuid[], :'agent_names'::text[], :'run_names'::text[],
              :'environments'::text[], :'environment_ats'::timestamptz[],
              :'requested_names'::text[], :'requested_ats'::timestamptz[],
              :'owner_is_roots'::boolean[], :'owner_ats'::timestamptz[], :'owner_ties'::integer[],
              :'owner_event_ids'::uuid[], :'owner_parent_ids'::uuid[], :'metadatas'::jsonb[])
    AS n (run_id, agent_name, run_name, environment, environment_at, requested_name, requested_at,
          owner_is_root, owner_at, owner_tie, owner_event_id, owner_parent_id, metadata)
 WHERE r.run_id = n.run_id;
