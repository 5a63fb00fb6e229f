-- retention/add_retired: record the metrics of the runs of some days, before they are dropped.
--
-- Quarter hours that are no longer kept are recorded by day.
--
-- params   first_day  date  the first day
-- params   next_day   date  the day after the last
-- index    events_pkey
-- plan     one pass over runs, an index scan on one partition for the events of each; aggregate
-- try      \set first_day 2026-08-17 \set next_day 2026-08-24

INSERT INTO retired_metrics (agent_name, quarter_hour, event_type, model, latency_bucket, events,
                             errors, tokens_in, tokens_out, cost, latency_us, runs, completed,
                             failed, duration_us)
SELECT m.agent_name,
       CASE WHEN m.quarter_hour >= (SELECT s.quarter_hours_from FROM fold_state AS s)
            THEN m.quarter_hour
            ELSE date_trunc('day', m.quarter_hour, 'UTC') END AS kept_at,
       m.event_type, m.model, m.latency_bucket,
       sum(m.events),
       sum(m.errors),
       sum(m.tokens_in),
       sum(m.tokens_out),
       sum(m.cost),
       sum(m.latency_us),
       sum(m.runs),
       sum(m.completed),
       sum(m.failed),
       sum(m.duration_us)
  FROM run_metrics AS m
 WHERE m.received_on >= :'first_day'::date
   AND m.received_on <  :'next_day'::date
 GROUP BY m.agent_name, kept_at, m.event_type, m.model, m.latency_bucket;
