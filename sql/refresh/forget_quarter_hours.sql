-- refresh/forget_quarter_hours: move the first quarter hour that is kept, past one day at most of what is stored.
--
-- In one transaction with the two deletes. Reads refuse windows that reach further back. One day, because now() may be
-- a clock that is wrong for an hour; and never past the newest day that is stored, because that may be today.
--
-- params   days    integer      how many days are kept
-- params   oldest  timestamptz  the oldest quarter hour that is stored
-- params   newest  timestamptz  the newest
-- returns  quarter_hours_from timestamp with time zone, cutoff timestamp with time zone
-- rows     one; none when that far is forgotten already
-- index    fold_state_pkey
-- plan     one row
-- try      \set days 93 \set oldest '2026-08-20 10:15:00+00' \set newest '2026-11-23 12:00:00+00'

UPDATE fold_state AS s
   SET quarter_hours_from = least(c.cutoff, greatest(s.quarter_hours_from, c.oldest_day) + interval '1 day')
  FROM (SELECT least(date_trunc('day', now(), 'UTC') - :'days'::integer * interval '1 day',
                     date_trunc('day', :'newest'::timestamptz, 'UTC')) AS cutoff,
               date_trunc('day', :'oldest'::timestamptz, 'UTC')        AS oldest_day) AS c
 WHERE s.only_row
   AND s.quarter_hours_from < c.cutoff
RETURNING s.quarter_hours_from, c.cutoff;
