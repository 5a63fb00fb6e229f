-- retention/default_weeks: the weeks before a day whose events lie in the DEFAULT partition.
--
-- params   cutoff  date  the first day that is kept
-- returns  first_day date, next_day date, events bigint, bytes bigint
-- rows     one per week, the oldest first; bytes are those of their data
-- index    events_default_pkey
-- plan     index scan, grouped by week
-- try      \set cutoff 2026-08-24

SELECT date_trunc('week', e.received_on::timestamp)::date     AS first_day,
       date_trunc('week', e.received_on::timestamp)::date + 7 AS next_day,
       count(*)                                               AS events,
       sum(pg_column_size(e.data))::bigint                    AS bytes
  FROM events_default AS e
 WHERE e.received_on < date_trunc('week', :'cutoff'::date::timestamp)::date
 GROUP BY date_trunc('week', e.received_on::timestamp)
 ORDER BY first_day;
