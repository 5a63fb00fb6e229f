-- prices/set_costs: set the computed costs of events, and add the difference to runs and deltas.
--
-- An event whose cost changed since it was read, or that counts no more, stays as it is, so nothing counts twice. A run's
-- updated_at stays too, because retention uses it as the time of the last stored event.
--
-- params   received_on  date       the day of the runs
-- params   run_ids      uuid[]     the events' runs, held
-- params   agent_names  text[]     the agents of these runs, as held
-- params   event_ids    uuid[]     the events, beside their runs
-- params   old_costs    numeric[]  what they cost when they were read; NULL: nothing known
-- params   costs        numeric[]  what they cost; NULL: nothing known
-- params   priced_as    jsonb[]    from which prices; NULL: from none
-- returns  events bigint, cost numeric
-- rows     one: how many costs changed, and by how much in all
-- index    events_pkey, runs_pkey, metric_names_pkey
-- plan     one index look-up per event, in one partition, and per run; three for its names; a delta per agent, quarter
--          hour, type, model and tool
-- try      \set received_on 2026-11-23 \set run_ids '{}' \set agent_names '{}' \set event_ids '{}' \set old_costs '{}' \set costs '{}' \set priced_as '{}'

WITH changed AS (
    UPDATE events AS e
       SET cost        = n.cost,
           cost_source = CASE WHEN n.cost IS NOT NULL THEN 'computed' END,
           priced_as   = n.priced_as
      FROM unnest(:'run_ids'::uuid[], :'agent_names'::text[], :'event_ids'::uuid[],
                  :'old_costs'::numeric[], :'costs'::numeric[], :'priced_as'::jsonb[])
        AS n (run_id, agent_name, event_id, old_cost, cost, priced_as)
     WHERE e.received_on = :'received_on'::date
       AND e.run_id      = n.run_id
       AND e.event_id    = n.event_id
       AND e.cost        IS NOT DISTINCT FROM n.old_cost
       AND e.cost_source IS DISTINCT FROM 'client'
       AND coalesce(e.tokens_in, e.tokens_out) IS NOT NULL
\if :{?distributed}
       AND e.run_id = ANY (:'run_ids'::uuid[])
\endif
    RETURNING e.run_id, n.agent_name, e.timestamp, e.event_type, e.model, coalesce(e.tool, '') AS tool,
              coalesce(n.cost, 0) - coalesce(n.old_cost, 0) AS cost,
              n.cost IS DISTINCT FROM n.old_cost            AS is_other
), sums AS (
    SELECT c.run_id, sum(c.cost) AS cost
      FROM changed AS c
     GROUP BY c.run_id
), totals AS (
    UPDATE runs AS r
       SET total_cost = r.total_cost + s.cost
      FROM sums AS s
     WHERE r.run_id = s.run_id
\if :{?distributed}
       AND r.run_id = ANY (:'run_ids'::uuid[])
\endif
), appended AS (
    INSERT INTO metric_deltas (quarter_hour, agent_name, event_type, model, tool, cost)
    SELECT date_bin('15 minutes', c.timestamp, '1970-01-01 00:00:00+00') AS quarter_hour,
           c.agent_name,
           CASE WHEN t.name IS NOT NULL THEN c.event_type ELSE '(other)' END AS counted_type,
           CASE WHEN m.name IS NOT NULL THEN c.model      ELSE '(other)' END AS counted_model,
           CASE WHEN c.tool = '' OR o.name IS NOT NULL THEN c.tool ELSE '(other)' END AS counted_tool,
           sum(c.cost)
      FROM changed AS c
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
     GROUP BY quarter_hour, c.agent_name, counted_type, counted_model, counted_tool
)
SELECT count(*) FILTER (WHERE c.is_other) AS events,
       coalesce(sum(c.cost), 0)           AS cost
  FROM changed AS c;
