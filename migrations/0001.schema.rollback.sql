-- 0001.schema, backwards: drop what it created.
--
-- locks    what it drops, against everyone, until it ends
-- loses    every agent, run and event
-- lost     events  agents, runs, events
--          all events, and the metrics with them

SET LOCAL lock_timeout = '2s';

DROP VIEW exported_runs;
DROP VIEW event_details;
DROP VIEW run_details;
DROP TABLE events;
DROP TABLE runs;
DROP TABLE agents;
