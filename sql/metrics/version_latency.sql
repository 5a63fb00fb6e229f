-- metrics/version_latency: latency percentiles of an agent's events by version of their runs, in milliseconds.
--
-- Of the runs that started in the window of days (UTC), however late their events are. The events of runs that retention
-- removed are gone. Run runs/search_window first: all events of the runs are read.
--
-- params   agent      text         the agent
-- params   event_type text         optional: this event type alone
-- params   model      text         optional: this model alone
-- params   tool       text         optional: this tool alone
-- params   from_at    timestamptz  included
-- params   to_at      timestamptz  not included
-- params   row_limit  bigint       versions at most, those of the most events first
-- returns  name text, events bigint, p50_ms double precision, p95_ms double precision, p99_ms double precision
-- rows     one per version that has latencies, the most events first; the name of runs without a version is empty
-- index    runs_agent_name_started_at_idx, events_pkey
-- plan     index scan of the agent's runs in the window, of each an index scan on one partition; aggregate
-- try      \set row_limit 20 \set agent Researcher \set event_type llm_call \set model gpt-4o \set tool search \set from_at '2026-11-01' \set to_at '2026-11-24'

WITH histogram AS (
    SELECT coalesce(r.version, '')      AS name,
           latency_bucket(e.latency_us) AS latency_bucket,
           count(*)                     AS events
      FROM runs   AS r
      JOIN events AS e
        ON e.received_on = r.received_on
       AND e.run_id      = r.run_id
     WHERE r.agent_name = :'agent'
       AND r.started_at >= :'from_at'::timestamptz
       AND r.started_at <  :'to_at'::timestamptz
       AND e.latency_us IS NOT NULL
\if :{?event_type}
       AND e.event_type = :'event_type'
\endif
\if :{?model}
       AND e.model = :'model'
\endif
\if :{?tool}
       AND e.tool = :'tool'
\endif
     GROUP BY 1, 2
), largest AS (
    SELECT h.name,
           sum(h.events)::bigint       AS events,
           array_agg(h.latency_bucket) AS latency_buckets,
           array_agg(h.events)         AS latency_counts
      FROM histogram AS h
     GROUP BY h.name
     ORDER BY events DESC, h.name
     LIMIT :'row_limit'::bigint
)
SELECT l.name, l.events, p.p50_ms, p.p95_ms, p.p99_ms
  FROM largest AS l
 CROSS JOIN LATERAL latency_percentiles(l.latency_buckets, l.latency_counts)
\if :{?distributed}
       WITH ORDINALITY  -- so that it is not inlined: Citus plans no table that was not in the statement
\endif
       AS p
 ORDER BY l.events DESC, l.name;
