-- metrics/series_by_day: a metric by day (UTC), by one dimension.
--
-- Days without a row are zeros.
--
-- params   metric     text         the column: events, errors, runs, cost, tokens_in or tokens_out
-- params   counted    text         runs where that is the metric, else events: rows without any are left out
-- params   dimension  text         all, agent, event_type, model or tool
-- params   name       text         optional: one agent, event type, model or tool alone
-- params   from_at    timestamptz  included
-- params   to_at      timestamptz  not included
-- params   row_limit  bigint       groups at most, the largest first
-- returns  name text, at timestamp with time zone, value numeric
-- rows     one per group and day in which something happened
-- index    daily_rollups_dimension_day_idx
-- plan     index scan of the days of the dimension, or of one name in it; and the deltas
-- try      \set metric cost \set counted events \set dimension agent \set name Researcher \set from_at '2026-11-01' \set to_at '2026-11-24' \set row_limit 20

WITH points AS (
    SELECT r.name, r.day::timestamptz AS at, r.:"metric" AS value
      FROM daily_rollups_live AS r
     WHERE r.dimension = :'dimension'
       AND r.day >= :'from_at'::timestamptz::date
       AND r.day <  :'to_at'::timestamptz::date
       AND r.:"counted" <> 0
\if :{?name}
       AND r.name = :'name'
\endif
), largest AS (
    SELECT p.name, sum(p.value) AS size
      FROM points AS p
     GROUP BY p.name
     ORDER BY size DESC, p.name
     LIMIT :'row_limit'::bigint
)
SELECT p.name, p.at, p.value
  FROM points  AS p
  JOIN largest AS l
    ON l.name = p.name
 ORDER BY l.size DESC, p.name, p.at;
