-- refresh/fold_quarter_hour_metrics: add the deltas to quarter_hour_metrics.
--
-- index    quarter_hour_metrics_pkey
-- plan     one pass over the deltas, one look-up per row of the result, in key order

INSERT INTO quarter_hour_metrics AS t (agent_name, quarter_hour, event_type, model, events, errors,
                           tokens_in, tokens_out, cached_tokens, cache_write_tokens, reasoning_tokens,
                           cost, latency_us, runs, completed, failed,
                           duration_us, tool)
SELECT d.agent_name, d.quarter_hour, d.event_type, d.model,
       sum(d.events),
       sum(d.errors),
       sum(d.tokens_in),
       sum(d.tokens_out),
       sum(d.cached_tokens),
       sum(d.cache_write_tokens),
       sum(d.reasoning_tokens),
       sum(d.cost),
       sum(d.latency_us),
       sum(d.runs),
       sum(d.completed),
       sum(d.failed),
       sum(d.duration_us),
       d.tool
  FROM metric_deltas AS d
 WHERE d.quarter_hour >= (SELECT s.quarter_hours_from FROM fold_state AS s)
 GROUP BY d.agent_name, quarter_hour, d.event_type, d.model, d.tool
 ORDER BY d.agent_name, quarter_hour, d.event_type, d.model, d.tool
    ON CONFLICT ON CONSTRAINT quarter_hour_metrics_pkey DO UPDATE
           SET events             = t.events             + excluded.events,
               errors             = t.errors             + excluded.errors,
               tokens_in          = t.tokens_in          + excluded.tokens_in,
               tokens_out         = t.tokens_out         + excluded.tokens_out,
               cached_tokens      = t.cached_tokens      + excluded.cached_tokens,
               cache_write_tokens = t.cache_write_tokens + excluded.cache_write_tokens,
               reasoning_tokens   = t.reasoning_tokens   + excluded.reasoning_tokens,
               cost               = t.cost               + excluded.cost,
               latency_us         = t.latency_us         + excluded.latency_us,
               runs               = t.runs               + excluded.runs,
               completed          = t.completed          + excluded.completed,
               failed             = t.failed             + excluded.failed,
               duration_us        = t.duration_us        + excluded.duration_us;
