-- events/figures: what some events count for, to change what they counted for.
--
-- Run for open spans that have ended.
--
-- params   received_ons  date[]  the days of their runs
-- params   run_ids       uuid[]  their runs, held, beside the days
-- params   event_ids     uuid[]  the events, beside the runs
-- returns  run_id uuid, event_id uuid, agent_name text, event_type text, timestamp timestamp with time zone, parent_event_id uuid, previous_event_id uuid, model text, tokens_in bigint, tokens_out bigint, cached_tokens bigint, cache_write_tokens bigint, reasoning_tokens bigint, cost numeric, cost_source text, latency_us bigint, stamped_at_end boolean, tie integer, is_error boolean, tool text
-- rows     one per event that is stored
-- index    events_pkey
-- plan     one look-up in one partition per event; OFFSET 0 as in events/stored
-- try      \set received_ons '{2026-11-23}' \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}' \set event_ids '{6738206f-76cb-447b-b55e-2647469279a0}'

SELECT k.run_id, k.event_id, e.agent_name, e.event_type, e.timestamp, e.parent_event_id, e.previous_event_id, e.model,
       e.tokens_in, e.tokens_out, e.cached_tokens, e.cache_write_tokens, e.reasoning_tokens,
       e.cost, e.cost_source, e.latency_us, e.stamped_at_end, e.tie, e.is_error,
       e.tool
  FROM unnest(:'received_ons'::date[], :'run_ids'::uuid[], :'event_ids'::uuid[])
    AS k (received_on, run_id, event_id)
\if :{?distributed}
  JOIN events AS e
    ON e.received_on = k.received_on
   AND e.run_id      = k.run_id
   AND e.event_id    = k.event_id
   AND e.run_id      = ANY (:'run_ids'::uuid[])
\else
 CROSS JOIN LATERAL (SELECT e.agent_name, e.event_type, e.timestamp, e.parent_event_id, e.previous_event_id, e.model,
                            e.tokens_in, e.tokens_out, e.cached_tokens, e.cache_write_tokens, e.reasoning_tokens,
                            e.cost, e.cost_source, e.latency_us, e.stamped_at_end, e.tie, e.is_error, e.tool
                       FROM events AS e
                      WHERE e.received_on = k.received_on
                        AND e.run_id      = k.run_id
                        AND e.event_id    = k.event_id
                     OFFSET 0) AS e
\endif
 ORDER BY k.run_id, k.event_id;
