-- events/one: an event of a run, with its data.
--
-- params   run_id    uuid  the run
-- params   event_id  uuid  the event
-- returns  event_id uuid, run_id uuid, run_name text, agent_name text, event_type text, timestamp timestamp with time zone, parent_event_id uuid, previous_event_id uuid, model text, tokens_in bigint, tokens_out bigint, cost numeric, cost_source text, priced_as jsonb, latency_ms numeric, is_error boolean, data jsonb, created_at timestamp with time zone, tie integer, cached_tokens bigint, cache_write_tokens bigint, reasoning_tokens bigint
-- rows     one; none when the run does not have it
-- index    runs_pkey, events_pkey
-- plan     one look-up of the run, one of the event in its partition
-- try      \set run_id 8552f8ec-923d-432c-9bc4-802c92078534 \set event_id 6738206f-76cb-447b-b55e-2647469279a0

SELECT e.event_id, e.run_id, e.run_name, e.agent_name, e.event_type, e.timestamp,
       e.parent_event_id, e.previous_event_id, e.model, e.tokens_in, e.tokens_out, e.cost,
       e.cost_source, e.priced_as, e.latency_ms, e.is_error, e.data, e.created_at, e.tie,
       e.cached_tokens, e.cache_write_tokens, e.reasoning_tokens
  FROM priced_events AS e
 WHERE e.run_id   = :'run_id'::uuid
   AND e.event_id = :'event_id'::uuid;
