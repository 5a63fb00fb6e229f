-- optional/search_text: an index for `q` of GET /api/events, for databases that are searched more than written.
--
--   python -m service psql -f sql/optional/search_text.sql
--   python -m service psql -c 'DROP INDEX events_data_text_idx'
--
-- No migration creates it, because storing an event takes more than ten times as long with it
-- (bench/decisions/search-text). Without it a search reads the data of every event that it scans; with it,
-- only of events that may have the text, if that has three characters or more. The results are the same.
--
-- It needs the extension pg_trgm, which PostgreSQL's own packages bring and the embedded server does not.
-- Nothing waits for it: each week's index is built CONCURRENTLY. After an interruption, drop the index and start again.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE INDEX events_data_text_idx ON ONLY events USING gin ((data::text) gin_trgm_ops);

SELECT format('CREATE INDEX CONCURRENTLY %I ON %s USING gin ((data::text) gin_trgm_ops)',
              c.relname || '_data_text_idx', c.oid::regclass)
  FROM pg_inherits AS i
  JOIN pg_class    AS c
    ON c.oid = i.inhrelid
 WHERE i.inhparent = 'events'::regclass
 ORDER BY c.relname DESC
\gexec

SELECT format('ALTER INDEX events_data_text_idx ATTACH PARTITION %I', c.relname || '_data_text_idx')
  FROM pg_inherits AS i
  JOIN pg_class    AS c
    ON c.oid = i.inhrelid
 WHERE i.inhparent = 'events'::regclass
 ORDER BY c.relname DESC
\gexec
