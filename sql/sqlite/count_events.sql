-- sqlite/count_events: how many events a GATI backend's own database holds. SQLite's SQL.
--
-- returns  events
-- rows     one
-- plan     one pass over an index
-- try      sqlite3 gati.db < sql/sqlite/count_events.sql

SELECT count(*) AS events
  FROM events AS e;
