-- metrics/axis: the hours or days of a window in a time zone: where each begins.
--
-- Computed from quarter hours, so they are right across changes of daylight saving time.
-- The last row is the end of the window, which is not part of it.
-- period is what date_trunc gives, by which the series are grouped. Where the clocks go back over
-- midnight (Havana, the Azores) it is the second midnight, an hour after the day began.
--
-- params   interval  text         hour or day
-- params   from_at   timestamptz  in the first hour or day
-- params   to_at     timestamptz  the end, rounded up
-- params   tz        text         a time zone's name
-- returns  at timestamp with time zone, period timestamp with time zone
-- rows     one per hour or day, and the end; in order
-- plan     generated; no table
-- try      \set interval day \set from_at '2026-11-01' \set to_at '2026-11-24' \set tz Europe/Paris

WITH periods AS (
    SELECT min(q.quarter_hour) AS at,
           max(q.quarter_hour) + interval '15 minutes' AS ends_at,
           date_trunc(:'interval', q.quarter_hour, :'tz') AS period
      FROM generate_series(date_bin('15 minutes', :'from_at'::timestamptz - interval '26 hours',
                                    '1970-01-01 00:00:00+00'),
                           :'to_at'::timestamptz + interval '26 hours',
                           interval '15 minutes') AS q (quarter_hour)
     GROUP BY period
)
SELECT p.at, p.period
  FROM periods AS p
 WHERE p.ends_at > :'from_at'::timestamptz
   AND p.at <= (SELECT min(e.at)
                  FROM periods AS e
                 WHERE e.at >= :'to_at'::timestamptz)
 ORDER BY p.at;
