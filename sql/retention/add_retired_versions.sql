-- retention/add_retired_versions: record what the runs of some days add up to by version, before they are dropped.
--
-- params   first_day  date  the first day
-- params   next_day   date  the day after the last
-- plan     one pass over runs, aggregate
-- try      \set first_day 2026-08-17 \set next_day 2026-08-24

WITH kept AS (
    SELECT r.agent_name, (r.started_at AT TIME ZONE 'UTC')::date AS day, coalesce(r.version, '') AS version,
           latency_bucket(r.duration_us) AS duration_bucket,
           count(*) AS runs,
           count(*) FILTER (WHERE r.status = 'completed') AS completed,
           count(*) FILTER (WHERE r.status = 'failed') AS failed,
           sum(r.event_count) AS events, sum(r.error_count) AS errors,
           sum(r.tokens_in) AS tokens_in, sum(r.tokens_out) AS tokens_out, sum(r.total_cost) AS cost,
           min(r.started_at) AS first_seen, max(r.last_event_at) AS last_seen
      FROM runs AS r
     WHERE r.received_on >= :'first_day'::date
       AND r.received_on <  :'next_day'::date
     GROUP BY r.agent_name, day, coalesce(r.version, ''), latency_bucket(r.duration_us)
)
INSERT INTO retired_versions (agent_name, day, version, duration_bucket, runs, completed, failed, events, errors,
                              tokens_in, tokens_out, cost, first_seen, last_seen)
SELECT k.agent_name, k.day, k.version, k.duration_bucket, k.runs, k.completed, k.failed, k.events, k.errors,
       k.tokens_in, k.tokens_out, k.cost, k.first_seen, k.last_seen
  FROM kept AS k;
