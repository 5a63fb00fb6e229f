-- refresh/compact_deltas: merge the deltas of the same key, while no fold is due.
--
-- Reads get faster: 50,000 deltas become some thousands. Deltas that are appended meanwhile stay.
--
-- plan     two passes

WITH gone AS (
    DELETE FROM metric_deltas AS d
    RETURNING d.quarter_hour, d.agent_name, d.event_type, d.model, d.events, d.errors, d.tokens_in,
              d.tokens_out, d.cached_tokens, d.cache_write_tokens, d.reasoning_tokens,
              d.cost, d.latency_us, d.runs, d.completed, d.failed, d.duration_us,
              d.latency_buckets, d.latency_counts, d.tool
), sums AS (
    SELECT g.quarter_hour, g.agent_name, g.event_type, g.model, g.tool,
           sum(g.events)             AS events,
           sum(g.errors)             AS errors,
           sum(g.tokens_in)          AS tokens_in,
           sum(g.tokens_out)         AS tokens_out,
           sum(g.cached_tokens)      AS cached_tokens,
           sum(g.cache_write_tokens) AS cache_write_tokens,
           sum(g.reasoning_tokens)   AS reasoning_tokens,
           sum(g.cost)               AS cost,
           sum(g.latency_us)         AS latency_us,
           sum(g.runs)               AS runs,
           sum(g.completed)          AS completed,
           sum(g.failed)             AS failed,
           sum(g.duration_us)        AS duration_us
      FROM gone AS g
     GROUP BY g.quarter_hour, g.agent_name, g.event_type, g.model, g.tool
), counts AS (
    SELECT g.quarter_hour, g.agent_name, g.event_type, g.model, g.tool, b.latency_bucket,
           sum(b.events) AS events
      FROM gone AS g
     CROSS JOIN unnest(g.latency_buckets, g.latency_counts) AS b (latency_bucket, events)
     GROUP BY g.quarter_hour, g.agent_name, g.event_type, g.model, g.tool, b.latency_bucket
), latencies AS (
    SELECT c.quarter_hour, c.agent_name, c.event_type, c.model, c.tool,
           array_agg(c.latency_bucket) AS latency_buckets,
           array_agg(c.events)         AS latency_counts
      FROM counts AS c
     WHERE c.events <> 0
     GROUP BY c.quarter_hour, c.agent_name, c.event_type, c.model, c.tool
)
INSERT INTO metric_deltas (quarter_hour, agent_name, event_type, model, events, errors, tokens_in,
                           tokens_out, cached_tokens, cache_write_tokens, reasoning_tokens,
                           cost, latency_us, runs, completed, failed, duration_us,
                           latency_buckets, latency_counts, tool)
SELECT s.quarter_hour, s.agent_name, s.event_type, s.model, s.events, s.errors, s.tokens_in,
       s.tokens_out, s.cached_tokens, s.cache_write_tokens, s.reasoning_tokens,
       s.cost, s.latency_us, s.runs, s.completed, s.failed, s.duration_us,
       coalesce(l.latency_buckets, '{}'), coalesce(l.latency_counts, '{}'), s.tool
  FROM sums AS s
  LEFT JOIN latencies AS l
    ON l.quarter_hour = s.quarter_hour
   AND l.agent_name   = s.agent_name
   AND l.event_type   = s.event_type
   AND l.model        = s.model
   AND l.tool         = s.tool;
