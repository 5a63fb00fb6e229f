-- retention/compact_retired: sum an agent's quarter-hour rows in retired_metrics into rows per day, before fold_state.quarter_hours_from.
--
-- A row at the beginning of a day counts as merged and stays. So a day may keep several rows of a key.
--
-- params   agent_name  text  the agent; the caller holds its row lock, because deleting the agent subtracts the same rows from the metrics
-- index    retired_metrics_agent_name_idx
-- plan     the agent's rows; aggregate
-- try      \set agent_name Researcher

WITH taken AS (
    DELETE FROM retired_metrics AS t
     WHERE t.agent_name   =  :'agent_name'
       AND t.quarter_hour <  (SELECT s.quarter_hours_from FROM fold_state AS s)
       AND t.quarter_hour <> date_trunc('day', t.quarter_hour, 'UTC')
    RETURNING t.agent_name, t.quarter_hour, t.event_type, t.model, t.tool, t.latency_bucket, t.events,
              t.errors, t.tokens_in, t.tokens_out, t.cached_tokens, t.cache_write_tokens, t.reasoning_tokens,
              t.cost, t.latency_us, t.runs, t.completed,
              t.failed, t.duration_us
)
INSERT INTO retired_metrics (agent_name, quarter_hour, event_type, model, tool, latency_bucket, events,
                             errors, tokens_in, tokens_out, cached_tokens, cache_write_tokens, reasoning_tokens,
                             cost, latency_us, runs, completed,
                             failed, duration_us)
SELECT k.agent_name, date_trunc('day', k.quarter_hour, 'UTC') AS day, k.event_type, k.model,
       k.tool, k.latency_bucket,
       sum(k.events),
       sum(k.errors),
       sum(k.tokens_in),
       sum(k.tokens_out),
       sum(k.cached_tokens),
       sum(k.cache_write_tokens),
       sum(k.reasoning_tokens),
       sum(k.cost),
       sum(k.latency_us),
       sum(k.runs),
       sum(k.completed),
       sum(k.failed),
       sum(k.duration_us)
  FROM taken AS k
 GROUP BY k.agent_name, day, k.event_type, k.model, k.tool, k.latency_bucket;
