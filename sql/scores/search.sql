-- scores/search: scores that pass every filter given, the newest first.
--
-- params   row_limit        bigint       rows at most
-- params   run_id           uuid         optional: of this run alone
-- params   event_id         uuid         optional: about this event alone
-- params   agent            text         optional: of this agent's runs alone
-- params   name             text         optional: of this name alone
-- params   source           text         optional: api, user or evaluator
-- params   from_at          timestamptz  optional: made then or later
-- params   to_at            timestamptz  optional: made before
-- params   after_timestamp  timestamptz  optional: of the score after which the page begins
-- params   after_run_id     uuid         its run_id, with after_timestamp
-- params   after_score_id   text         its score_id, with after_timestamp
-- returns  run_id uuid, score_id text, event_id uuid, name text, kind text, value jsonb, comment text, metadata jsonb, source text, timestamp timestamp with time zone, created_at timestamp with time zone, updated_at timestamp with time zone, agent_name text
-- rows     up to row_limit; agent_name is NULL while the run is not there
-- index    scores_name_timestamp_idx or scores_pkey or scores_timestamp_idx
-- plan     by its values: scores_pkey for a run; the runs of an agent, or a walk back in time
-- try      \set row_limit 51 \set run_id 8552f8ec-923d-432c-9bc4-802c92078534 \set event_id 6738206f-76cb-447b-b55e-2647469279a0 \set agent Researcher \set name accuracy \set source api \set from_at '2026-11-01' \set to_at '2026-12-24' \set after_timestamp '2026-11-22 23:59:00+00' \set after_run_id 8552f8ec-923d-432c-9bc4-802c92078534 \set after_score_id accuracy-1

SELECT d.run_id, d.score_id, d.event_id, d.name, d.kind, d.value, d.comment, d.metadata, d.source,
       d.timestamp, d.created_at, d.updated_at, r.agent_name
  FROM score_details AS d
\if :{?agent}
  JOIN runs AS r
\else
  LEFT JOIN runs AS r
\endif
    ON r.run_id = d.run_id
 WHERE true
\if :{?run_id}
   AND d.run_id = :'run_id'::uuid
\endif
\if :{?event_id}
   AND d.event_id = :'event_id'::uuid
\endif
\if :{?agent}
   AND r.agent_name = :'agent'
\endif
\if :{?name}
   AND d.name = :'name'
\endif
\if :{?source}
   AND d.source = :'source'
\endif
\if :{?from_at}
   AND d.timestamp >= :'from_at'::timestamptz
\endif
\if :{?to_at}
   AND d.timestamp < :'to_at'::timestamptz
\endif
\if :{?after_timestamp}
   AND (d.timestamp, d.run_id, d.score_id) < (:'after_timestamp'::timestamptz, :'after_run_id'::uuid, :'after_score_id'::text)
\endif
 ORDER BY d.timestamp DESC, d.run_id DESC, d.score_id DESC
 LIMIT :'row_limit'::bigint;
