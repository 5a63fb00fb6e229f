-- metrics/daily_axis: the days (UTC) of a window: where each begins.
--
-- The last is the end of the window, as in metrics/axis; for windows of any length.
--
-- params   from_at  timestamptz  in the first day
-- params   to_at    timestamptz  the end, rounded up
-- returns  at timestamp with time zone
-- rows     one per day, and the end; in order
-- plan     generated; no table
-- try      \set from_at '2026-11-01' \set to_at '2026-11-24'

SELECT d.at
  FROM generate_series(date_trunc('day', :'from_at'::timestamptz, 'UTC'),
                       date_trunc('day', :'to_at'::timestamptz + interval '1 day'
                                         - interval '1 microsecond', 'UTC'),
                       interval '1 day') AS d (at)
 ORDER BY d.at;
