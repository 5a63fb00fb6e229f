-- metrics/axis: the hours or days of a window in a time zone: where each begins.
--
-- Found from the quarter hours themselves, so they are right across changes of daylight saving time.
-- The last is the end of the window: the beginning of what no longer belongs to it.
--
-- params   interval  text         hour or day
-- params   from_at   timestamptz  in the first hour or day
-- params   to_at     timestamptz  the end, rounded up
-- params   tz        text         a time zone's name
-- returns  at timestamp with time zone
-- rows     one per hour or day, and the end; in order
-- index    none
-- plan     generated; no table
-- try      \set interval day \set from_at '2026-11-01' \set to_at '2026-11-24' \set tz Europe/Paris

WITH points AS (
    SELECT DISTINCT date_trunc(:'interval', q.quarter_hour, :'tz') AS at
      FROM generate_series(date_trunc(:'interval', :'from_at'::timestamptz, :'tz'),
                           :'to_at'::timestamptz + interval '26 hours',
                           interval '15 minutes') AS q (quarter_hour)
)
SELECT p.at
  FROM points AS p
 WHERE p.at <= (SELECT min(e.at)
                  FROM points AS e
                 WHERE e.at >= :'to_at'::timestamptz)
 ORDER BY p.at;
