-- verify/rollups: where materialized views and rollups are not what their tables add up to.
--
-- returns  relation text, key jsonb, stored jsonb, counted jsonb
-- rows     one per row that differs; none when all is well
-- plan     passes over the metric tables, aggregates

WITH both_sides AS (
    SELECT 'daily_rollups' AS relation, r.dimension, r.name, r.day::text AS at,
           NULL::smallint AS latency_bucket, true AS is_stored, false AS is_counted,
           r.events, r.errors, r.tokens_in, r.tokens_out,
           r.cached_tokens, r.cache_write_tokens, r.reasoning_tokens, r.cost, r.latency_us, r.runs,
           r.completed, r.failed, r.duration_us
      FROM daily_rollups AS r
     UNION ALL
    SELECT 'daily_rollups', d.dimension, d.name, m.day::text, NULL, false, true,
           m.events, m.errors, m.tokens_in, m.tokens_out,
           m.cached_tokens, m.cache_write_tokens, m.reasoning_tokens, m.cost, m.latency_us, m.runs,
           m.completed, m.failed, m.duration_us
      FROM daily_metrics AS m
     CROSS JOIN LATERAL (VALUES ('all', '', true), ('agent', m.agent_name, true),
                                ('event_type', m.event_type, m.event_type <> ''),
                                ('model', m.model, m.event_type <> ''),
                                ('tool', m.tool, m.event_type <> ''))
                     AS d (dimension, name, counts)
     WHERE d.counts
     UNION ALL
    SELECT 'agent_totals', 'agent', t.agent_name, NULL, NULL, true, false,
           t.events, t.errors, t.tokens_in, t.tokens_out,
           0, 0, 0, t.cost, t.latency_us, t.runs,
           t.completed, t.failed, t.duration_us
      FROM agent_totals AS t
     UNION ALL
    SELECT 'agent_totals', 'agent', m.agent_name, NULL, NULL, false, true,
           m.events, m.errors, m.tokens_in, m.tokens_out,
           0, 0, 0, m.cost, m.latency_us, m.runs,
           m.completed, m.failed, m.duration_us
      FROM daily_metrics AS m
     UNION ALL
    SELECT 'model_totals', 'model', t.model, NULL, NULL, true, false,
           t.events, t.errors, t.tokens_in, t.tokens_out,
           t.cached_tokens, t.cache_write_tokens, t.reasoning_tokens, t.cost, t.latency_us, 0, 0, 0,
           0
      FROM model_totals AS t
     UNION ALL
    SELECT 'model_totals', 'model', m.model, NULL, NULL, false, true,
           m.events, m.errors, m.tokens_in, m.tokens_out,
           m.cached_tokens, m.cache_write_tokens, m.reasoning_tokens, m.cost, m.latency_us, 0, 0, 0,
           0
      FROM daily_metrics AS m
     WHERE m.event_type <> ''
     UNION ALL
    SELECT 'daily_latency_rollups', r.dimension, r.name, r.day::text, r.latency_bucket, true, false,
           r.events, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
      FROM daily_latency_rollups AS r
     UNION ALL
    SELECT 'daily_latency_rollups', d.dimension, d.name, l.day::text, l.latency_bucket, false, true,
           l.events, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
      FROM daily_latency AS l
     CROSS JOIN LATERAL (VALUES ('all', ''), ('agent', l.agent_name),
                                ('event_type', l.event_type), ('model', l.model),
                                ('tool', l.tool))
                     AS d (dimension, name)
     UNION ALL
    SELECT 'latency_rollups', r.dimension, r.name, NULL, r.latency_bucket, true, false,
           r.events, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
      FROM latency_rollups AS r
     UNION ALL
    SELECT 'latency_rollups', d.dimension, d.name, NULL, l.latency_bucket, false, true,
           l.events, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
      FROM daily_latency AS l
     CROSS JOIN LATERAL (VALUES ('all', ''), ('agent', l.agent_name),
                                ('event_type', l.event_type), ('model', l.model),
                                ('tool', l.tool))
                     AS d (dimension, name)
), compared AS (
    SELECT b.relation, b.dimension, b.name, b.at, b.latency_bucket,
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
     GROUP BY b.relation, b.dimension, b.name, b.at, b.latency_bucket
)
SELECT c.relation,
       jsonb_strip_nulls(jsonb_build_object('dimension', c.dimension, 'name', c.name, 'at', c.at,
                                            'latency_bucket', c.latency_bucket)) AS key,
       c.stored, c.counted
  FROM compared AS c
 WHERE c.stored <> c.counted
 ORDER BY c.relation, c.dimension, c.name, c.at, c.latency_bucket;
