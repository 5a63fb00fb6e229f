-- metrics/run_durations: how many runs started in a window and in the window before, how many failed, and how long they took.
--
-- Bound the runs, and with model or tool their events, by runs/search_window: all are read. Runs that retention removed are not in it.
--
-- params   interval     text         hour or day
-- params   tz           text         a time zone's name
-- params   from_at      timestamptz  included
-- params   to_at        timestamptz  not included
-- params   before_from  timestamptz  of the window before, included
-- params   before_to    timestamptz  not included; not after from_at
-- params   agent        text         optional: this agent alone
-- params   environment  text         optional: this environment alone
-- params   model        text         optional: one of its events names this model
-- params   tool         text         optional: one of its events names this tool
-- returns  is_now boolean, at timestamp with time zone, runs bigint, failed bigint, p95_us bigint
-- rows     one for each window that has runs, at null, and one per hour or day of the window; p95_us is of ended runs, null without any
-- index    runs_agent_name_started_at_idx, events_pkey
-- plan     index scan of the runs of both windows (runs_started_at_idx without agent), sorts; one index scan per run for model and tool
-- try      \set interval hour \set tz Europe/Paris \set from_at '2026-11-22' \set to_at '2026-11-23' \set before_from '2026-11-21' \set before_to '2026-11-22' \set agent Researcher \set environment production \set model gpt-4o \set tool search

WITH found AS MATERIALIZED (
    SELECT r.started_at >= :'from_at'::timestamptz AS is_now, r.started_at, r.status, r.duration_us
      FROM runs AS r
     WHERE r.started_at >= :'before_from'::timestamptz
       AND r.started_at <  :'to_at'::timestamptz
       AND (r.started_at < :'before_to'::timestamptz OR r.started_at >= :'from_at'::timestamptz)
\if :{?agent}
       AND r.agent_name = :'agent'
\endif
\if :{?environment}
       AND r.environment = :'environment'
\endif
\if :{?model}
       AND EXISTS (SELECT
                     FROM events AS e
                    WHERE e.received_on = r.received_on
                      AND e.run_id      = r.run_id
                      AND e.model       = :'model'
\if :{?distributed}
                  )
\else
                   OFFSET 0)
\endif
\endif
\if :{?tool}
       AND EXISTS (SELECT
                     FROM events AS e
                    WHERE e.received_on = r.received_on
                      AND e.run_id      = r.run_id
                      AND e.tool        = :'tool'
\if :{?distributed}
                  )
\else
                   OFFSET 0)
\endif
\endif
), placed AS (
    SELECT f.is_now, w.at, f.status, f.duration_us
      FROM found AS f
     CROSS JOIN LATERAL (VALUES (true, NULL), (f.is_now, date_trunc(:'interval', f.started_at, :'tz')))
           AS w (is_wanted, at)
     WHERE w.is_wanted
)
SELECT p.is_now, p.at, count(*) AS runs,
       count(*) FILTER (WHERE p.status = 'failed') AS failed,
       percentile_disc(0.95) WITHIN GROUP (ORDER BY p.duration_us) FILTER (WHERE p.status <> 'active') AS p95_us
  FROM placed AS p
 GROUP BY p.is_now, p.at
 ORDER BY p.is_now DESC, p.at NULLS FIRST;
