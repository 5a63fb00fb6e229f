-- retention/partitions: the partitions of events that end by a day, with the runs and events in them.
--
-- A run's newest event is that of its last_event_at. Where that is yet to come, because a client's clock
-- runs ahead, it is that of the run's last change. Only there, because the server's clock may have been
-- years behind at that change. Never the DEFAULT partition, nor one without both its bounds.
--
-- params   cutoff  date  the first day that is kept
-- returns  partition name, first_day date, next_day date, runs bigint, events bigint, bytes bigint, newest timestamp with time zone
-- rows     one per partition, the oldest first; newest is NULL where no run lies in it
-- plan     one pass over runs, grouped by day; a few partitions
-- try      \set cutoff 2026-08-24

WITH days AS MATERIALIZED (
    SELECT r.received_on,
           count(*)           AS runs,
           sum(r.event_count) AS events,
           max(CASE WHEN r.last_event_at <= now()
                    THEN r.last_event_at
                    ELSE r.updated_at END) AS newest
      FROM runs AS r
     WHERE r.received_on < :'cutoff'::date
     GROUP BY r.received_on
), bounds AS MATERIALIZED (
    SELECT c.relname,
\if :{?distributed}
           citus_total_relation_size(c.oid) AS bytes,
\else
           pg_total_relation_size(c.oid) AS bytes,
\endif
           substring(pg_get_expr(c.relpartbound, c.oid)
                     FROM 'FROM \(''(\d{4}-\d\d-\d\d)''\) TO')::date AS first_day,
           substring(pg_get_expr(c.relpartbound, c.oid)
                     FROM 'TO \(''(\d{4}-\d\d-\d\d)''\)')::date      AS next_day
      FROM pg_inherits AS i
      JOIN pg_class    AS c
        ON c.oid = i.inhrelid
     WHERE i.inhparent = 'events'::regclass
)
SELECT b.relname AS partition, b.first_day, b.next_day,
       coalesce(sum(d.runs), 0)::bigint   AS runs,
       coalesce(sum(d.events), 0)::bigint AS events,
       b.bytes, max(d.newest) AS newest
  FROM bounds AS b
  LEFT JOIN days AS d
    ON d.received_on >= b.first_day
   AND d.received_on <  b.next_day
 WHERE b.first_day < b.next_day
   AND b.next_day <= :'cutoff'::date
 GROUP BY b.relname, b.bytes, b.first_day, b.next_day
 ORDER BY b.first_day;
