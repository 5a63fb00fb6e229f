-- metrics/series_by_day: a metric by day (UTC), by one dimension.
--
-- Days without a row are zeros.
--
-- params   metric     text         events, errors, runs, cost, tokens_in or tokens_out
-- params   dimension  text         all, agent, event_type or model
-- params   name       text         optional: one agent, event type or model alone
-- params   from_at    timestamptz  included
-- params   to_at      timestamptz  not included
-- params   row_limit  bigint       groups at the most, the largest first
-- returns  name text, at timestamp with time zone, value numeric
-- rows     one per group and day in which something happened
-- index    daily_rollups_key
-- plan     index scan of the dimension's days, and the deltas
-- try      \set metric cost \set dimension agent \set name Researcher \set from_at '2026-11-01' \set to_at '2026-11-24' \set row_limit 20

WITH points AS (
    SELECT r.name, r.day::timestamptz AS at,
           CASE :'metric'
                    WHEN 'events'     THEN sum(r.events)
                    WHEN 'errors'     THEN sum(r.errors)
                    WHEN 'runs'       THEN sum(r.runs)
                    WHEN 'cost'       THEN sum(r.cost)
                    WHEN 'tokens_in'  THEN sum(r.tokens_in)
                    WHEN 'tokens_out' THEN sum(r.tokens_out)
                END AS value,
           sum(r.events) + sum(r.runs) AS weight
      FROM daily_rollups_live AS r
     WHERE r.dimension = :'dimension'
       AND r.day >= :'from_at'::timestamptz::date
       AND r.day <  :'to_at'::timestamptz::date
\if :{?name}
       AND r.name = :'name'
\endif
     GROUP BY r.name, r.day
), largest AS (
    SELECT p.name, sum(p.value) AS size
      FROM points AS p
     WHERE p.weight > 0
     GROUP BY p.name
     ORDER BY size DESC, p.name
     LIMIT :'row_limit'::bigint
)
SELECT p.name, p.at, p.value
  FROM points  AS p
  JOIN largest AS l
    ON l.name = p.name
 ORDER BY l.size DESC, p.name, p.at;
