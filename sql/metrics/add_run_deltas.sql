-- metrics/add_run_deltas: append all that runs contribute to the metrics, or subtract it again.
--
-- Subtracted before a run is deleted; subtracted under the old agent and added under the new agent when
-- a run moves; added for every run when the metrics are rebuilt. Without run_ids: what retired runs
-- contributed, of one agent before it is deleted, or of all agents when the metrics are rebuilt.
-- Types, models and tools without a row in metric_names count under (other).
--
-- params   run_ids     uuid[]   optional: the runs, locked
-- params   agent_name  text     optional, without run_ids: this agent alone, locked
-- params   sign        integer  1 to add, -1 to subtract
-- index    runs_pkey, events_pkey, metric_names_pkey
-- plan     one index scan on one partition per run, two aggregates, three index look-ups per cell; with agent_name an index scan of
--          retired_metrics_agent_name_idx, without both one pass over retired_metrics
-- try      \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}' \set agent_name Researcher \set sign 1

WITH cells AS (
    SELECT m.quarter_hour, m.agent_name, m.event_type, m.model, m.tool, m.latency_bucket,
           sum(m.events)             AS events,
           sum(m.errors)             AS errors,
           sum(m.tokens_in)          AS tokens_in,
           sum(m.tokens_out)         AS tokens_out,
           sum(m.cached_tokens)      AS cached_tokens,
           sum(m.cache_write_tokens) AS cache_write_tokens,
           sum(m.reasoning_tokens)   AS reasoning_tokens,
           sum(m.cost)               AS cost,
           sum(m.latency_us)         AS latency_us,
           sum(m.runs)               AS runs,
           sum(m.completed)          AS completed,
           sum(m.failed)             AS failed,
           sum(m.duration_us)        AS duration_us
\if :{?run_ids}
      FROM run_metrics AS m
     WHERE m.run_id = ANY (:'run_ids'::uuid[])
\else
      FROM retired_metrics AS m
\if :{?agent_name}
     WHERE m.agent_name = :'agent_name'
\endif
\endif
     GROUP BY m.quarter_hour, m.agent_name, m.event_type, m.model, m.tool, m.latency_bucket
), named AS (
    SELECT c.quarter_hour, c.agent_name,
           CASE WHEN c.event_type = '' OR t.name IS NOT NULL THEN c.event_type ELSE '(other)' END AS event_type,
           CASE WHEN c.model      = '' OR m.name IS NOT NULL THEN c.model      ELSE '(other)' END AS model,
           CASE WHEN c.tool       = '' OR o.name IS NOT NULL THEN c.tool       ELSE '(other)' END AS tool,
           c.latency_bucket, c.events, c.errors, c.tokens_in, c.tokens_out,
           c.cached_tokens, c.cache_write_tokens, c.reasoning_tokens, c.cost, c.latency_us,
           c.runs, c.completed, c.failed, c.duration_us
      FROM cells AS c
      LEFT JOIN metric_names AS t
        ON t.agent_name = c.agent_name
       AND t.kind       = 'event_type'
       AND t.name       = c.event_type
      LEFT JOIN metric_names AS m
        ON m.agent_name = c.agent_name
       AND m.kind       = 'model'
       AND m.name       = c.model
      LEFT JOIN metric_names AS o
        ON o.agent_name = c.agent_name
       AND o.kind       = 'tool'
       AND o.name       = c.tool
)
INSERT INTO metric_deltas (quarter_hour, agent_name, event_type, model, tool, events, errors, tokens_in,
                           tokens_out, cached_tokens, cache_write_tokens, reasoning_tokens,
                           cost, latency_us, runs, completed, failed, duration_us,
                           latency_buckets, latency_counts)
SELECT n.quarter_hour, n.agent_name, n.event_type, n.model, n.tool,
       :'sign'::integer * sum(n.events),
       :'sign'::integer * sum(n.errors),
       :'sign'::integer * sum(n.tokens_in),
       :'sign'::integer * sum(n.tokens_out),
       :'sign'::integer * sum(n.cached_tokens),
       :'sign'::integer * sum(n.cache_write_tokens),
       :'sign'::integer * sum(n.reasoning_tokens),
       :'sign'::integer * sum(n.cost),
       :'sign'::integer * sum(n.latency_us),
       :'sign'::integer * sum(n.runs),
       :'sign'::integer * sum(n.completed),
       :'sign'::integer * sum(n.failed),
       :'sign'::integer * sum(n.duration_us),
       coalesce(array_agg(n.latency_bucket)
                FILTER (WHERE n.latency_bucket IS NOT NULL), '{}'),
       coalesce(array_agg(:'sign'::integer * n.events)
                FILTER (WHERE n.latency_bucket IS NOT NULL), '{}')
  FROM named AS n
 GROUP BY n.quarter_hour, n.agent_name, n.event_type, n.model, n.tool;
