-- verify/agent_metrics: where the metrics of some agents are not what their runs, kept and retired, add up to.
--
-- Both sides in one snapshot: it may run while events come in and folds happen. Types, models and tools without a
-- row in metric_names count under (other).
--
-- params   agent_names  text[]  the agents
-- returns  relation text, key jsonb, stored jsonb, counted jsonb
-- rows     one per row of a live view that differs; none when all is well
-- index    runs_agent_name_run_name_key, or runs_agent_name_started_at_idx on PostgreSQL 15; events_pkey, retired_metrics_agent_name_idx, metric_names_pkey
-- plan     the agents' runs, an index scan for the events of each, their retired metrics, their names; aggregates
-- try      \set agent_names '{Researcher}'

WITH cells AS (
    SELECT m.agent_name, m.quarter_hour, m.event_type, m.model, m.tool, m.latency_bucket,
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
      FROM counted_metrics AS m
     WHERE m.agent_name = ANY (:'agent_names'::text[])
     GROUP BY m.agent_name, m.quarter_hour, m.event_type, m.model, m.tool, m.latency_bucket
), truth AS MATERIALIZED (
    SELECT c.agent_name, c.quarter_hour, (c.quarter_hour AT TIME ZONE 'UTC')::date AS day,
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
), kept AS MATERIALIZED (
    SELECT s.quarter_hours_from
      FROM fold_state AS s
), both_sides AS (
    SELECT 'daily_metrics_live' AS relation, d.agent_name, d.day::text AS at, d.event_type, d.model, d.tool,
           NULL::smallint AS latency_bucket, true AS is_stored, false AS is_counted,
           d.events, d.errors, d.tokens_in, d.tokens_out,
           d.cached_tokens, d.cache_write_tokens, d.reasoning_tokens, d.cost, d.latency_us, d.runs,
           d.completed, d.failed, d.duration_us
      FROM daily_metrics_live AS d
     WHERE d.agent_name = ANY (:'agent_names'::text[])
     UNION ALL
    SELECT 'daily_metrics_live', t.agent_name, t.day::text, t.event_type, t.model, t.tool, NULL, false, true,
           t.events, t.errors, t.tokens_in, t.tokens_out,
           t.cached_tokens, t.cache_write_tokens, t.reasoning_tokens, t.cost, t.latency_us, t.runs,
           t.completed, t.failed, t.duration_us
      FROM truth AS t
     UNION ALL
    SELECT 'quarter_hour_metrics_live', q.agent_name, q.quarter_hour::text, q.event_type, q.model, q.tool, NULL, true, false,
           q.events, q.errors, q.tokens_in, q.tokens_out,
           q.cached_tokens, q.cache_write_tokens, q.reasoning_tokens, q.cost, q.latency_us, q.runs,
           q.completed, q.failed, q.duration_us
      FROM quarter_hour_metrics_live AS q
     WHERE q.agent_name = ANY (:'agent_names'::text[])
       AND q.quarter_hour >= (SELECT k.quarter_hours_from FROM kept AS k)
     UNION ALL
    SELECT 'quarter_hour_metrics_live', t.agent_name, t.quarter_hour::text, t.event_type, t.model, t.tool, NULL, false, true,
           t.events, t.errors, t.tokens_in, t.tokens_out,
           t.cached_tokens, t.cache_write_tokens, t.reasoning_tokens, t.cost, t.latency_us, t.runs,
           t.completed, t.failed, t.duration_us
      FROM truth AS t
     WHERE t.quarter_hour >= (SELECT k.quarter_hours_from FROM kept AS k)
     UNION ALL
    SELECT 'daily_latency_live', d.agent_name, d.day::text, d.event_type, d.model, d.tool, d.latency_bucket, true, false,
           d.events, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
      FROM daily_latency_live AS d
     WHERE d.agent_name = ANY (:'agent_names'::text[])
     UNION ALL
    SELECT 'daily_latency_live', t.agent_name, t.day::text, t.event_type, t.model, t.tool, t.latency_bucket, false, true,
           t.events, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
      FROM truth AS t
     WHERE t.latency_bucket IS NOT NULL
     UNION ALL
    SELECT 'quarter_hour_latency_live', q.agent_name, q.quarter_hour::text, q.event_type, q.model, q.tool, q.latency_bucket,
           true, false, q.events, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
      FROM quarter_hour_latency_live AS q
     WHERE q.agent_name = ANY (:'agent_names'::text[])
       AND q.quarter_hour >= (SELECT k.quarter_hours_from FROM kept AS k)
     UNION ALL
    SELECT 'quarter_hour_latency_live', t.agent_name, t.quarter_hour::text, t.event_type, t.model, t.tool, t.latency_bucket,
           false, true, t.events, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
      FROM truth AS t
     WHERE t.latency_bucket IS NOT NULL
       AND t.quarter_hour >= (SELECT k.quarter_hours_from FROM kept AS k)
), compared AS (
    SELECT b.relation, b.agent_name, b.at, b.event_type, b.model, b.tool, b.latency_bucket,
           jsonb_build_object('events', coalesce(sum(b.events) FILTER (WHERE b.is_stored), 0),
                          'errors', coalesce(sum(b.errors) FILTER (WHERE b.is_stored), 0),
                          'tokens_in', coalesce(sum(b.tokens_in) FILTER (WHERE b.is_stored), 0),
                          'tokens_out', coalesce(sum(b.tokens_out) FILTER (WHERE b.is_stored), 0),
                          'cached_tokens', coalesce(sum(b.cached_tokens) FILTER (WHERE b.is_stored), 0),
                          'cache_write_tokens', coalesce(sum(b.cache_write_tokens) FILTER (WHERE b.is_stored), 0),
                          'reasoning_tokens', coalesce(sum(b.reasoning_tokens) FILTER (WHERE b.is_stored), 0),
                          'cost', coalesce(sum(b.cost) FILTER (WHERE b.is_stored), 0),
                          'latency_us', coalesce(sum(b.latency_us) FILTER (WHERE b.is_stored), 0),
                          'runs', coalesce(sum(b.runs) FILTER (WHERE b.is_stored), 0),
                          'completed', coalesce(sum(b.completed) FILTER (WHERE b.is_stored), 0),
                          'failed', coalesce(sum(b.failed) FILTER (WHERE b.is_stored), 0),
                          'duration_us', coalesce(sum(b.duration_us) FILTER (WHERE b.is_stored), 0)) AS stored,
           jsonb_build_object('events', coalesce(sum(b.events) FILTER (WHERE b.is_counted), 0),
                          'errors', coalesce(sum(b.errors) FILTER (WHERE b.is_counted), 0),
                          'tokens_in', coalesce(sum(b.tokens_in) FILTER (WHERE b.is_counted), 0),
                          'tokens_out', coalesce(sum(b.tokens_out) FILTER (WHERE b.is_counted), 0),
                          'cached_tokens', coalesce(sum(b.cached_tokens) FILTER (WHERE b.is_counted), 0),
                          'cache_write_tokens', coalesce(sum(b.cache_write_tokens) FILTER (WHERE b.is_counted), 0),
                          'reasoning_tokens', coalesce(sum(b.reasoning_tokens) FILTER (WHERE b.is_counted), 0),
                          'cost', coalesce(sum(b.cost) FILTER (WHERE b.is_counted), 0),
                          'latency_us', coalesce(sum(b.latency_us) FILTER (WHERE b.is_counted), 0),
                          'runs', coalesce(sum(b.runs) FILTER (WHERE b.is_counted), 0),
                          'completed', coalesce(sum(b.completed) FILTER (WHERE b.is_counted), 0),
                          'failed', coalesce(sum(b.failed) FILTER (WHERE b.is_counted), 0),
                          'duration_us', coalesce(sum(b.duration_us) FILTER (WHERE b.is_counted), 0)) AS counted
      FROM both_sides AS b
     GROUP BY b.relation, b.agent_name, b.at, b.event_type, b.model, b.tool, b.latency_bucket
)
SELECT c.relation,
       jsonb_strip_nulls(jsonb_build_object('agent_name', c.agent_name, 'at', c.at,
                                            'event_type', c.event_type, 'model', c.model, 'tool', c.tool,
                                            'latency_bucket', c.latency_bucket)) AS key,
       c.stored, c.counted
  FROM compared AS c
 WHERE c.stored <> c.counted
 ORDER BY c.agent_name, c.relation, c.at, c.event_type, c.model, c.tool, c.latency_bucket;
