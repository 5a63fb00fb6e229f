-- retention/add_retired_deltas: append what retired runs counted for to the metrics, or take it away.
--
-- Added when the metrics are rebuilt; taken away with the agent, whose rows are then deleted.
--
-- params   agent_name  text     of this agent alone, locked; not given: of all
-- params   sign        integer  1 to add, -1 to take away
-- index    retired_metrics_agent_name_idx
-- plan     the agent's rows, or one pass; two aggregates
-- try      \set agent_name Researcher \set sign -1

WITH cells AS (
    SELECT t.quarter_hour, t.agent_name, t.event_type, t.model, t.latency_bucket,
           sum(t.events)       AS events,
           sum(t.errors)       AS errors,
           sum(t.tokens_in)    AS tokens_in,
           sum(t.tokens_out)   AS tokens_out,
           sum(t.cost)         AS cost,
           sum(t.latency_us)   AS latency_us,
           sum(t.runs)         AS runs,
           sum(t.completed)    AS completed,
           sum(t.failed)       AS failed,
           sum(t.duration_us)  AS duration_us
      FROM retired_metrics AS t
\if :{?agent_name}
     WHERE t.agent_name = :'agent_name'
\endif
     GROUP BY t.quarter_hour, t.agent_name, t.event_type, t.model, t.latency_bucket
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
