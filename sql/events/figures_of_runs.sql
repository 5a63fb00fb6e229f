-- events/figures_of_runs: what all events of runs count for, to change what they counted for.
--
-- Run when a call arrives around calls that are stored.
--
-- params   received_on  date    the day of the runs
-- params   run_ids      uuid[]  the runs, held
-- returns  run_id uuid, event_id uuid, agent_name text, event_type text, timestamp timestamp with time zone, parent_event_id uuid, previous_event_id uuid, model text, tokens_in bigint, tokens_out bigint, cached_tokens bigint, cache_write_tokens bigint, reasoning_tokens bigint, cost numeric, cost_source text, latency_us bigint, stamped_at_end boolean, tie integer, is_error boolean, tool text, is_repeat boolean
-- rows     one per event; is_repeat: a call whose figures count elsewhere
-- index    events_pkey
-- plan     index scan on one partition per run, sort in memory
-- try      \set received_on 2026-11-23 \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}'

SELECT e.run_id, e.event_id, e.agent_name, e.event_type, e.timestamp, e.parent_event_id, e.previous_event_id, e.model,
       e.tokens_in, e.tokens_out, e.cached_tokens, e.cache_write_tokens, e.reasoning_tokens,
       e.cost, e.cost_source, e.latency_us, e.stamped_at_end, e.tie, e.is_error,
       e.tool, e.repeats IS NOT NULL AS is_repeat
  FROM events AS e
 WHERE e.received_on = :'received_on'::date
   AND e.run_id      = ANY (:'run_ids'::uuid[])
 ORDER BY e.run_id, e.event_id;
