-- What Citus cannot run, each under the rule of citus_rules.py that finds it; test_citus.py reads this.

-- no_cycle_or_search
WITH RECURSIVE w AS (SELECT 1 AS n UNION SELECT w.n
  FROM w)
  CYCLE n SET is_cycle USING path SELECT w.n
  FROM w;

-- no_cycle_or_search
WITH RECURSIVE w AS (SELECT 1 AS n UNION SELECT w.n
  FROM w)
  SEARCH DEPTH FIRST BY n SET o SELECT w.n
  FROM w;

-- no_merge
MERGE INTO agents AS a
  USING (SELECT 'x' AS name) AS n ON a.name = n.name
  WHEN MATCHED THEN DELETE;

-- no_grouping_sets
SELECT r.status, count(*)
  FROM runs AS r
  GROUP BY ROLLUP (r.status);

-- no_grouping_sets
SELECT r.status, count(*)
  FROM runs AS r
  GROUP BY CUBE (r.status);

-- no_grouping_sets
SELECT r.status, count(*)
  FROM runs AS r
  GROUP BY GROUPING SETS ((r.status), ());

-- no_row_triggers
CREATE TRIGGER t BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION f();

-- constraints_are_named
CREATE TABLE t (n integer PRIMARY KEY);

-- constraints_are_named
CREATE TABLE t (n integer, UNIQUE (n));

-- constraints_are_named
CREATE TABLE t (n integer CHECK (n > 0));

-- constraints_are_named
CREATE TABLE t (n text REFERENCES agents (name));

-- constraints_are_named
ALTER TABLE runs ADD CHECK (event_count >= 0);

-- joined_by_run
SELECT e.event_id
  FROM runs AS r
  JOIN events AS e ON e.received_on = r.received_on;

-- joined_by_run
SELECT e.event_id
  FROM runs AS r, events AS e
  WHERE e.run_id = $1;

-- joined_by_run
WITH f AS (SELECT 1 AS run_id) SELECT 1
  FROM f
  JOIN events AS e ON e.run_id = f.run_id
  JOIN runs AS r ON r.received_on = e.received_on;

-- joined_by_run
UPDATE runs AS r SET status = 'x'
  FROM events AS e
  WHERE e.event_id = $1;

-- joined_by_run
SELECT x.run_id
  FROM run_metrics AS m
  JOIN expired_runs AS x ON x.expired_at = m.quarter_hour;

-- locked_one_by_one
SELECT r.run_id
  FROM runs AS r
  WHERE r.run_id = ANY ($1::uuid[]) FOR UPDATE;

-- locked_one_by_one
SELECT r.run_id
  FROM runs AS r
  WHERE r.agent_name = $1 FOR NO KEY UPDATE OF r;

-- asked_by_their_key
SELECT a.name
  FROM agents AS a
  ORDER BY (SELECT max(r.created_at)
  FROM runs AS r
  WHERE r.agent_name = a.name);

-- asked_by_their_key
SELECT a.name, l.at
  FROM agents AS a
  CROSS JOIN LATERAL (SELECT max(r.created_at) AS at
  FROM runs AS r
  WHERE r.agent_name = a.name) AS l;

-- asked_by_their_key
SELECT k.id
  FROM unnest($1::uuid[]) AS k (id)
  WHERE EXISTS (SELECT
  FROM events AS e
  WHERE e.run_id = k.id);

-- asked_by_their_key
SELECT r.run_id
  FROM runs AS r
  WHERE EXISTS (SELECT
  FROM events AS e
  WHERE e.received_on = r.received_on);

-- lists_name_their_runs
UPDATE runs AS r
   SET status = n.status
  FROM unnest($1::uuid[], $2::text[]) AS n (run_id, status)
 WHERE r.run_id = n.run_id;

-- keys_stay
UPDATE events AS e SET run_id = $1
  WHERE e.run_id = $2;

-- keys_stay
INSERT INTO runs (run_id) VALUES ($1)
  ON CONFLICT (run_id) DO UPDATE SET run_id = $2;

-- counts_come_from_returning
INSERT INTO events (run_id) VALUES ($1)
  ON CONFLICT DO NOTHING;

-- nobody_reads_what_a_sibling_writes
WITH gone AS (DELETE
  FROM events AS e
  WHERE e.run_id = $1 RETURNING e.event_id) SELECT count(*)
  FROM events AS e
  WHERE e.run_id = $1;

-- nobody_reads_what_a_sibling_writes
WITH gone AS (DELETE
  FROM events AS e
  WHERE e.run_id = $1 RETURNING e.run_id), left_over AS (SELECT e.run_id
  FROM events AS e) SELECT l.run_id
  FROM left_over AS l;

-- coordinators_tables_stand_apart
SELECT r.run_id
  FROM agents AS a
  JOIN runs AS r ON r.agent_name = a.name;

-- coordinators_tables_stand_apart
DELETE
  FROM agents AS a
  WHERE NOT EXISTS (SELECT
  FROM runs AS r
  WHERE r.agent_name = $1);

-- outer_joins_begin_with_spread_tables
WITH l AS (SELECT 1 AS run_id) SELECT r.status
  FROM l
  LEFT JOIN runs AS r ON r.run_id = l.run_id;

-- updates_on_conflict_are_constant
INSERT INTO expired_runs (run_id) VALUES ($1)
  ON CONFLICT (run_id) DO UPDATE SET expired_at = now();

-- choices_are_immutable
UPDATE runs AS r
   SET moved_xid = CASE WHEN r.agent_name = 'x' THEN r.moved_xid
                        ELSE pg_current_xact_id()::text::bigint END
 WHERE r.run_id = '8552f8ec-923d-432c-9bc4-802c92078534';

-- expressions_have_rows
SELECT e.event_id, s.year
  FROM events AS e
 CROSS JOIN LATERAL (SELECT to_char(e.timestamp, 'YYYY') AS year) AS s;

-- sizes_are_of_stored_rows
SELECT pg_column_size(l.data) AS bytes
  FROM (SELECT e.data
          FROM events AS e
         LIMIT 10) AS l;

-- changes_call_nothing_stable
UPDATE events AS e
   SET data = e.data || jsonb_build_object('repeats', n.repeats)
  FROM unnest($1, $2) AS n (event_id, repeats)
 WHERE e.event_id = n.event_id;

-- changes_call_nothing_stable
UPDATE runs AS r
   SET pending_ends = n.pending_ends::uuid[]
  FROM unnest($1, $2) AS n (run_id, pending_ends)
 WHERE r.run_id = n.run_id
   AND r.run_id = ANY ($1);

-- records_stand_beside_rows
SELECT (SELECT max(d.name)
          FROM jsonb_to_record(e.data) AS d (name text))
  FROM events AS e;

-- functions_with_tables_stay_apart
WITH found AS (SELECT array_agg(latency_bucket(r.duration_us)) AS buckets
  FROM runs AS r) SELECT p.p50_ms
  FROM found AS f
 CROSS JOIN LATERAL latency_percentiles(f.buckets, $1) AS p;

-- views_read_something
CREATE VIEW model_totals AS
SELECT NULL::text AS model;

-- changes_call_nothing_stable
UPDATE runs AS r
   SET updated_at = r.updated_at
 WHERE r.run_id = ANY ($1)
RETURNING nullif(r.pending_ends, '{}')::text AS pending_ends;
