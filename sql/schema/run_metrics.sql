-- run_metrics: what each run contributes to the metrics, event by event: the one place that says so.
-- Ask with run_id: deletes, moves and verify do.

CREATE VIEW run_metrics AS
SELECT r.run_id, r.received_on, r.agent_name,
       date_bin('15 minutes', e.timestamp, '1970-01-01 00:00:00+00') AS quarter_hour,
       e.event_type,
       coalesce(e.model, '')          AS model,
       latency_bucket(e.latency_us)   AS latency_bucket,
       1                              AS events,
       e.is_error::integer            AS errors,
       coalesce(e.tokens_in, 0)       AS tokens_in,
       coalesce(e.tokens_out, 0)      AS tokens_out,
       coalesce(e.cost, 0)            AS cost,
       coalesce(e.latency_us, 0)      AS latency_us,
       0                              AS runs,
       0                              AS completed,
       0                              AS failed,
       0::bigint                      AS duration_us,
       coalesce(e.tool, '')           AS tool,
       coalesce(e.cached_tokens, 0)      AS cached_tokens,
       coalesce(e.cache_write_tokens, 0) AS cache_write_tokens,
       coalesce(e.reasoning_tokens, 0)   AS reasoning_tokens
  FROM runs   AS r
  JOIN events AS e
    ON e.received_on = r.received_on
   AND e.run_id      = r.run_id
 UNION ALL
SELECT r.run_id, r.received_on, r.agent_name,
       date_bin('15 minutes', r.started_at, '1970-01-01 00:00:00+00'),
       '', '', NULL, 0, 0, 0, 0, 0, 0,
       1,
       (r.status = 'completed')::integer,
       (r.status = 'failed')::integer,
       r.duration_us,
       '', 0, 0, 0
  FROM runs AS r;

COMMENT ON VIEW run_metrics IS 'What each run contributes to the metrics, a row per event and one for the run itself. Metrics are its sums; ask with run_id.';
