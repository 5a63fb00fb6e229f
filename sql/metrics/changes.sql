-- metrics/changes: what calls add up to in a window and in the window before: in total, by hour or day, by agent, by model and by tool.
--
-- With environment these are the events of the runs that started in a window: bound them by runs/search_window. Without it
-- each event counts at its own time. A call is an event that names a model, or whose type is llm_call; of a tool, each event
-- that names it.
--
-- params   interval     text         hour or day
-- params   tz           text         a time zone's name
-- params   from_at      timestamptz  a quarter hour, included
-- params   to_at        timestamptz  not included
-- params   before_from  timestamptz  of the window before, included
-- params   before_to    timestamptz  not included; not after from_at
-- params   row_limit    bigint       agents, models and tools at most, each
-- params   agent        text         optional: this agent alone
-- params   environment  text         optional: runs of this environment alone
-- params   model        text         optional: events that name this model alone
-- params   tool         text         optional: events that name this tool alone
-- returns  dimension text, name text, at timestamp with time zone, is_now boolean, calls bigint, errors bigint, tokens_in numeric, tokens_out numeric, cost numeric, runs bigint, failed bigint
-- rows     up to two per group: in the window, and before it. dimension is all, point, agent, model or tool; at is of points alone.
--          Of agents, models and tools those first whose cost has increased most
-- index    runs_agent_name_started_at_idx, events_pkey
-- plan     index scan of both windows, or with environment of their runs and the events of each; hash aggregates
-- try      \set interval hour \set tz Europe/Paris \set from_at '2026-11-22' \set to_at '2026-11-23' \set before_from '2026-11-21' \set before_to '2026-11-22' \set row_limit 20 \set agent Researcher \set environment production \set model gpt-4o \set tool search

WITH counted AS (
\if :{?environment}
    SELECT r.agent_name, r.started_at AS at,
           coalesce(e.model, '') AS model, coalesce(e.tool, '') AS tool, e.event_type,
           1 AS events, e.is_error::integer AS errors,
           coalesce(e.tokens_in, 0) AS tokens_in, coalesce(e.tokens_out, 0) AS tokens_out,
           coalesce(e.cost, 0) AS cost, 0 AS runs, 0 AS failed
      FROM runs AS r
\if :{?distributed}
      JOIN events AS e
        ON e.received_on = r.received_on
       AND e.run_id      = r.run_id
\else
     CROSS JOIN LATERAL (SELECT f.model, f.tool, f.event_type, f.is_error, f.tokens_in, f.tokens_out, f.cost
                           FROM events AS f
                          WHERE f.received_on = r.received_on
                            AND f.run_id      = r.run_id
                         OFFSET 0) AS e
\endif
     WHERE r.started_at >= :'before_from'::timestamptz
       AND r.started_at <  :'to_at'::timestamptz
       AND r.environment = :'environment'
\if :{?agent}
       AND r.agent_name = :'agent'
\endif
     UNION ALL
    SELECT r.agent_name, r.started_at, '', '', '', 0, 0, 0, 0, 0, 1, (r.status = 'failed')::integer
      FROM runs AS r
     WHERE r.started_at >= :'before_from'::timestamptz
       AND r.started_at <  :'to_at'::timestamptz
       AND r.environment = :'environment'
\if :{?agent}
       AND r.agent_name = :'agent'
\endif
\else
    SELECT q.agent_name, q.quarter_hour AS at, q.model, q.tool, q.event_type, q.events, q.errors,
           q.tokens_in, q.tokens_out, q.cost, q.runs, q.failed
      FROM quarter_hour_metrics_parts AS q
     WHERE q.quarter_hour >= :'before_from'::timestamptz
       AND q.quarter_hour <  :'to_at'::timestamptz
\if :{?agent}
       AND q.agent_name = :'agent'
\endif
\endif
), placed AS (
    SELECT c.agent_name, c.model, c.tool, c.at >= :'from_at'::timestamptz AS is_now,
           CASE WHEN c.at >= :'from_at'::timestamptz
                THEN date_trunc(:'interval', c.at, :'tz')
           END AS period,
           CASE WHEN c.model <> '' OR c.event_type = 'llm_call' THEN c.events ELSE 0 END AS calls,
           c.events, c.errors, c.tokens_in, c.tokens_out, c.cost, c.runs, c.failed
      FROM counted AS c
     WHERE (c.at < :'before_to'::timestamptz OR c.at >= :'from_at'::timestamptz)
\if :{?model}
       AND c.model = :'model'
\endif
\if :{?tool}
       AND c.tool = :'tool'
\endif
), cells AS (
    SELECT p.agent_name, p.model, p.tool, p.is_now, p.period,
           sum(p.calls) AS calls, sum(p.events) AS events, sum(p.errors) AS errors,
           sum(p.tokens_in) AS tokens_in, sum(p.tokens_out) AS tokens_out,
           sum(p.cost) AS cost, sum(p.runs) AS runs, sum(p.failed) AS failed
      FROM placed AS p
     GROUP BY p.agent_name, p.model, p.tool, p.is_now, p.period
), summed AS (
    SELECT d.dimension, d.name, d.at, c.is_now,
           sum(CASE WHEN d.dimension = 'tool' THEN c.events ELSE c.calls END)::bigint AS calls,
           sum(c.errors)::bigint AS errors,
           sum(c.tokens_in)      AS tokens_in,
           sum(c.tokens_out)     AS tokens_out,
           sum(c.cost)           AS cost,
           sum(c.runs)::bigint   AS runs,
           sum(c.failed)::bigint AS failed
      FROM cells AS c
     CROSS JOIN LATERAL (VALUES ('all', '', NULL), ('point', '', c.period), ('agent', c.agent_name, NULL),
                                ('model', c.model, NULL), ('tool', c.tool, NULL)) AS d (dimension, name, at)
     GROUP BY d.dimension, d.name, d.at, c.is_now
), changed AS (
    SELECT s.dimension, s.name,
           sum(CASE WHEN s.is_now THEN s.cost ELSE -s.cost END) AS increase,
           sum(s.cost) AS cost, sum(s.calls) AS calls
      FROM summed AS s
     WHERE s.dimension IN ('agent', 'model', 'tool')
       AND (s.dimension <> 'tool' OR s.name <> '')
     GROUP BY s.dimension, s.name
    HAVING sum(s.cost) <> 0 OR sum(s.calls) <> 0 OR sum(s.runs) <> 0 AND s.dimension = 'agent'
), ranked AS (
    SELECT c.dimension, c.name,
           row_number() OVER (PARTITION BY c.dimension
                              ORDER BY c.increase DESC, c.cost DESC, c.calls DESC, c.name) AS rank
      FROM changed AS c
)
SELECT s.dimension, s.name, s.at, s.is_now, s.calls, s.errors, s.tokens_in, s.tokens_out, s.cost, s.runs, s.failed
  FROM summed AS s
  LEFT JOIN ranked AS k
    ON k.dimension = s.dimension
   AND k.name      = s.name
 WHERE k.rank <= :'row_limit'::bigint
    OR s.dimension = 'all'
    OR s.dimension = 'point' AND s.is_now
 ORDER BY s.dimension, k.rank, s.at, s.is_now DESC;
