-- sqlite/events: the events of a GATI backend's own database, the oldest run first. SQLite's SQL.
--
-- In that order each `run N` that was given there is still free here: the N of an agent only rise, and
-- what is below its counter counts as taken. Older databases lack some columns: a name that the inner
-- query does not know is that of the outer one, which is NULL.
--
-- returns  event_id, run_id, run_name, agent_name, event_type, timestamp, parent_event_id, previous_event_id, data
-- rows     one per event
-- plan     one pass, sorted by SQLite, which spills to disk
-- try      sqlite3 gati.db < sql/sqlite/events.sql

SELECT e.event_id, e.run_id,
       (SELECT run_name
          FROM runs AS o
         WHERE o.run_id = e.run_id) AS run_name,
       e.agent_name, e.event_type, e.timestamp,
       (SELECT parent_event_id
          FROM events AS o
         WHERE o.event_id = e.event_id) AS parent_event_id,
       (SELECT previous_event_id
          FROM events AS o
         WHERE o.event_id = e.event_id) AS previous_event_id,
       e.data
  FROM (SELECT NULL AS run_name, NULL AS parent_event_id, NULL AS previous_event_id) AS n
 CROSS JOIN events AS e
  LEFT JOIN runs   AS r
    ON r.run_id = e.run_id
 ORDER BY r.created_at, r.rowid, e.run_id, e.timestamp, e.event_id;
