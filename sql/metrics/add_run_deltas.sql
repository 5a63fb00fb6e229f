-- metrics/add_run_deltas: append all that runs contribute to the metrics, or subtract it again.
--
-- Subtracted before a run is deleted; subtracted under the old agent and added under the new agent when
-- a run moves; added for every run when the metrics are rebuilt. Without run_ids: what retired runs
-- contributed, of one agent before it is deleted, or of all agents when the metrics are rebuilt.
--
-- params   run_ids     uuid[]   optional: the runs, locked
-- params   agent_name  text     optional, without run_ids: this agent alone, locked
-- params   sign        integer  1 to add, -1 to subtract
-- index    runs_pkey, events_pkey
-- plan     one index scan on one partition per run, two aggregates; with agent_name an index scan of
--          retired_metrics_agent_name_idx, without both one pass over retired_metrics
-- try      \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}' \set agent_name Researcher \set sign 1

WITH cells AS (
    SELECT m.quarter_hour, m.agent_name, m.event_type, m.model, m.latency_bucket,
           sum(m.events)       AS events,
           sum(m.errors)       AS errors,
           sum(m.tokens_in)    AS tokens_in,
           sum(m.tokens_out)   AS tokens_out,
           sum(m.cost)         AS cost,
           sum(m.latency_us)   AS latency_us,
           sum(m.runs)         AS runs,
           sum(m.completed)    AS completed,
           sum(m.failed)       AS failed,
           sum(m.duration_us)  AS duration_us
\if :{?run_ids}
      FROM run_metrics AS m
     WHERE m.run_id = ANY (:'run_ids'::uuid[])
\else
      FROM retired_metrics AS m
\if :{?agent_name}
     WHERE m.agent_name = :'agent_name'
\endif
\endif
     GROUP BY m.quarter_hour, m.agent_name, m.event_type, m.model, m.latency_bucket
)
INSERT INTO metric_deltas (quarter_hour, agent_name, event_type, model, events, errors, tokens_in,
                           tokens_out, cost, latency_us, runs, completed, failed, duration_us,
                           latency_buckets, latency_counts)
SELECT c.quarter_hour, c.agent_name, c.event_type, c.model,
       :'sign'::integer * sum(c.events),
       :'sign'::integer * sum(c.errors),
       :'sign'::integer * sum(c.tokens_in),
       :'sign'::integer * sum(c.tokens_out),
       :'sign'::integer * sum(c.cost),
       :'sign'::integer * sum(c.latency_us),
       :'sign'::integer * sum(c.runs),
       :'sign'::integer * sum(c.completed),
       :'sign'::integer * sum(c.failed),
       :'sign'::integer * sum(c.duration_us),
       coalesce(array_agg(c.latency_bucket)
                FILTER (WHERE c.latency_bucket IS NOT NULL), '{}'),
       coalesce(array_agg(:'sign'::integer * c.events)
                FILTER (WHERE c.latency_bucket IS NOT NULL), '{}')
  FROM cells AS c
 GROUP BY c.quarter_hour, c.agent_name, c.event_type, c.model;
