-- retention/version: a version of the runs of some days: two equal answers mean that no run changed.
--
-- Every change of a run writes a new version of its row, and every event that is stored changes its
-- run. So equal answers mean equal runs and events. On newest see retention/partitions.
--
-- params   first_day  date  the first day
-- params   next_day   date  the day after the last
-- returns  runs bigint, newest timestamp with time zone, version numeric
-- rows     one
-- plan     one pass over runs
-- try      \set first_day 2026-08-17 \set next_day 2026-08-24

SELECT count(*) AS runs,
       max(CASE WHEN r.last_event_at <= now()
                THEN r.last_event_at
                ELSE r.updated_at END)                                AS newest,
       sum(hashtextextended(r.run_id::text || ' ' || r.xmin::text, 0)) AS version
  FROM runs AS r
 WHERE r.received_on >= :'first_day'::date
   AND r.received_on <  :'next_day'::date;
