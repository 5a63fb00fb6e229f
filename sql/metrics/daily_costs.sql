-- metrics/daily_costs: what each of the last days cost (UTC), today last.
--
-- params   days  integer  how many days
-- returns  timestamp timestamp with time zone, cost numeric, cumulative_cost numeric
-- rows     one per day, also where nothing happened
-- index    daily_rollups_dimension_day_idx
-- plan     index scan of the days in daily_rollups, and the deltas
-- try      \set days 30

WITH days AS (
    SELECT d.day::date AS day
      FROM generate_series(current_date - (:'days'::integer - 1), current_date, '1 day') AS d (day)
)
SELECT d.day::timestamptz AS timestamp,
       coalesce(t.cost, 0) AS cost,
       coalesce(sum(t.cost) OVER (ORDER BY d.day), 0) AS cumulative_cost
  FROM days AS d
  LEFT JOIN daily_totals_live AS t
    ON t.day = d.day
   AND t.day > current_date - :'days'::integer
 ORDER BY d.day;
