-- runs/trace_rows: some events of a run, with the figures that each has by itself.
--
-- As runs/trace_summary has them. What needs the other events is NULL or left out: how long an
-- event without a latency ran, figures of subtrees, self time, the critical path.
--
-- A name or status is looked at before it is printed, as in runs/trace; in data up to 16 KB it is printed at once.
--
-- params   run_id     uuid    the run
-- params   event_ids  uuid[]  the events
-- returns  event_id uuid, event_type text, timestamp timestamp with time zone, name text, status text, model text, parent_event_id uuid, previous_event_id uuid, latency_ms numeric, cost numeric, tokens_in bigint, tokens_out bigint, cached_tokens bigint, cache_write_tokens bigint, reasoning_tokens bigint, is_error boolean, repeats uuid, started_at timestamp with time zone, duration_ms numeric
-- rows     one per event that the run has
-- index    runs_pkey, events_pkey
-- plan     one look-up in one partition per event
-- try      \set run_id 8552f8ec-923d-432c-9bc4-802c92078534 \set event_ids '{6738206f-76cb-447b-b55e-2647469279a0}'

SELECT t.event_id, t.event_type, t.timestamp, t.name, t.status, t.model,
       t.parent_event_id, t.previous_event_id, t.latency_us / 1000.0 AS latency_ms,
       t.cost, t.tokens_in, t.tokens_out, t.cached_tokens, t.cache_write_tokens, t.reasoning_tokens,
       t.is_error, t.repeats,
       t.timestamp - coalesce(t.duration_us * t.stamped_at_end, 0) * interval '1 microsecond'
           AS started_at,
       t.duration_us / 1000.0 AS duration_ms
  FROM (SELECT e.event_id, e.event_type, e.timestamp,
               CASE WHEN pg_column_size(w.data) <= 16384
                    THEN left(coalesce(w.data ->> 'name', w.data ->> 'tool_name', w.data ->> 'step_name', w.data ->> 'node_name'), 255)
                    ELSE (SELECT CASE WHEN jsonb_typeof(n.name) IN ('array', 'object') AND pg_column_size(n.name) > 2000 THEN '…'
                                      ELSE left(n.name #>> '{}', 255) END
                            FROM jsonb_to_record(w.data) AS d (name jsonb, tool_name jsonb, step_name jsonb, node_name jsonb)
                           CROSS JOIN LATERAL (SELECT coalesce(d.name, d.tool_name, d.step_name, d.node_name) AS name) AS n)
               END AS name,
               CASE WHEN pg_column_size(w.data) <= 16384
                    THEN left(w.data ->> 'status', 255)
                    ELSE (SELECT CASE WHEN jsonb_typeof(v.value) IN ('array', 'object') AND pg_column_size(v.value) > 2000 THEN '…'
                                      ELSE left(v.value #>> '{}', 255) END
                            FROM LATERAL (SELECT w.data -> 'status' AS value OFFSET 0) AS v)
               END AS status,
               e.repeats, e.model, e.parent_event_id, e.previous_event_id,
               e.latency_us, e.cost, e.tokens_in, e.tokens_out,
               e.cached_tokens, e.cache_write_tokens, e.reasoning_tokens, e.is_error,
               CASE WHEN e.event_type = 'agent_end' THEN 0 ELSE e.latency_us END AS duration_us,
               e.stamped_at_end::integer AS stamped_at_end
          FROM runs   AS r
          JOIN events AS e
            ON e.received_on = r.received_on
           AND e.run_id      = r.run_id
         CROSS JOIN LATERAL (SELECT e.data || '{}' AS data OFFSET 0) AS w  -- else each use decompresses it
         WHERE r.run_id = :'run_id'::uuid
           AND e.event_id = ANY (:'event_ids'::uuid[])) AS t
 ORDER BY t.timestamp, t.event_id;
