-- events/never_analyzed: the partitions of events that have no statistics.
--
-- Autovacuum analyzes no empty table, and the planner takes each that never was for ten pages: four coming weeks and
-- DEFAULT together then look like many events.
--
-- returns  partition text
-- rows     one per partition; none, once each was analyzed
-- plan     reads the catalog by the inheritance of events

SELECT c.relname::text AS partition
  FROM pg_inherits AS i
  JOIN pg_class    AS c
    ON c.oid = i.inhrelid
 WHERE i.inhparent = 'events'::regclass
   AND c.reltuples < 0
 ORDER BY c.relname;
