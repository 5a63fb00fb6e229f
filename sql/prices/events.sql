-- prices/events: the next events of a day whose cost the client did not send and may be computed.
--
-- The events are read without locks: only cost can change, and prices/set_costs checks it again.
--
-- params   received_on  date         the day of their runs
-- params   run_id       uuid         the run of the last one read; the lowest id at first
-- params   event_id     uuid         the last one read, beside it
-- params   since        timestamptz  from this time of an event on
-- params   until        timestamptz  up to this one; not given: without an end
-- params   model        text         of this model alone; not given: of all
-- params   row_limit    bigint       events at most
-- returns  run_id uuid, event_id uuid, timestamp timestamp with time zone, model text, tokens_in bigint, tokens_out bigint, cached_tokens bigint, cache_write_tokens bigint, requested_model text, cost numeric, priced_as jsonb
-- rows     up to row_limit; none once the day is over
-- index    events_pkey
-- plan     index scan of one partition, from the last one read on
-- try      \set received_on 2026-11-23 \set run_id 00000000-0000-0000-0000-000000000000 \set event_id 00000000-0000-0000-0000-000000000000 \set since 2026-11-01 \set until 2026-12-01 \set model gpt-4o \set row_limit 2000

SELECT e.run_id, e.event_id, e.timestamp, e.model, e.tokens_in, e.tokens_out,
       e.cached_tokens, e.cache_write_tokens,
       CASE 'string'
            WHEN jsonb_typeof(e.data -> 'attributes' -> 'gen_ai.request.model')
            THEN e.data -> 'attributes' ->> 'gen_ai.request.model'
            WHEN jsonb_typeof(e.data -> 'attributes' -> 'llm.model_name')
            THEN e.data -> 'attributes' ->> 'llm.model_name'
            WHEN jsonb_typeof(e.data -> 'attributes' -> 'ai.model.id')
            THEN e.data -> 'attributes' ->> 'ai.model.id'
       END AS requested_model,
       e.cost, e.priced_as
  FROM events AS e
 WHERE e.received_on = :'received_on'::date
   AND (e.run_id, e.event_id) > (:'run_id'::uuid, :'event_id'::uuid)
   AND e.timestamp >= :'since'::timestamptz
\if :{?until}
   AND e.timestamp <  :'until'::timestamptz
\endif
\if :{?model}
   AND e.model = :'model'::text
\else
   AND e.model IS NOT NULL
\endif
   AND (e.cost IS NULL OR e.cost_source = 'computed')
   AND coalesce(e.tokens_in, e.tokens_out) IS NOT NULL
 ORDER BY e.run_id, e.event_id
 LIMIT :'row_limit'::bigint;
