-- prices/days: the days of runs with events in a span of time, to compute their costs again.
--
-- params   since  timestamptz  from this time of an event on
-- params   until  timestamptz  up to this one; not given: without an end
-- returns  received_on date, events bigint
-- rows     one per day on which such runs were first seen, with the number of all their events
-- plan     one pass over runs
-- try      \set since 2026-11-01 \set until 2026-12-01

SELECT r.received_on,
       sum(r.event_count)::bigint AS events
  FROM runs AS r
 WHERE r.last_event_at >= :'since'::timestamptz
\if :{?until}
   AND r.started_at < :'until'::timestamptz
\endif
 GROUP BY r.received_on
 ORDER BY r.received_on;
