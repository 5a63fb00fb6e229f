-- runs/trace_summary: a run's events as a tree, without `data`: what each subtree cost, how long each event worked itself, the critical path.
--
-- The tree is that of runs/trace; `cycle_ids`, where given, are roots though they name a parent. An event
-- that is not reached has neither depth nor figures: then the caller finds the cycles and asks again.
--
-- When an event ran: from its timestamp for its latency where it is stamped when it begins (a span, an agent_start); else
-- up to its timestamp, since the SDK sends an event once its work is done. An agent_start
-- without a latency ran to the agent_end that follows it (one that follows none ends the run's first root
-- agent_start). An agent_end is a moment. What has no end by all that ran from the first to the last
-- moment of its subtree.
--
-- A name or status is looked at before it is printed, as in runs/trace; in data up to 16 KB it is printed at once.
--
-- self_time_ms is the duration less the union of the children's, cut to the event's own: they run in parallel.
--
-- The critical path goes backwards in time, as in Uber's CRISP and in Jaeger: of the roots the one that finished
-- last, then the one that finished last before that began, and so on; in each of them the same
-- among its children. Those two cut off what outlives its parent; here an event has finished once its
-- subtree has: the run waited for it. Of two that finish together it is the one that began first.
--
-- Linear but for sorting, however deep or wide. Each recursion hashes a table once and probes it level by level;
-- runs/trace says how the planner is made to (a thousand rows that are none, booleans in place of
-- comparisons; DISTINCT ON holds back what it believes of the walk). Totals go up by levels: an event is
-- emitted by its children, and one without any by the first event of the level below, so that each
-- level is complete at once.
--
-- params   run_id     uuid    the run
-- params   cycle_ids  uuid[]  optional: its events that are on cycles of parents
-- returns  event_id uuid, event_type text, timestamp timestamp with time zone, name text, status text, model text, parent_event_id uuid, previous_event_id uuid, latency_ms numeric, cost numeric, tokens_in bigint, tokens_out bigint, cached_tokens bigint, cache_write_tokens bigint, reasoning_tokens bigint, is_error boolean, repeats uuid, tie integer, tree_parent_id uuid, depth integer, started_at timestamp with time zone, duration_ms numeric, self_time_ms numeric, on_critical_path boolean, subtree_cost numeric, subtree_tokens_in numeric, subtree_tokens_out numeric, descendant_count numeric
-- rows     one per event; none when the run is unknown
-- index    runs_pkey, events_pkey
-- plan     index scans on one partition; three recursions, each of which probes one hash of the run
-- try      \set run_id 8552f8ec-923d-432c-9bc4-802c92078534 \set cycle_ids '{}'

WITH RECURSIVE run_events AS MATERIALIZED (
    SELECT e.event_id, e.event_type, e.timestamp,
           CASE WHEN pg_column_size(w.data) <= 16384
                THEN left(coalesce(w.data ->> 'name', w.data ->> 'tool_name', w.data ->> 'step_name', w.data ->> 'node_name'), 255)
                ELSE (SELECT CASE WHEN jsonb_typeof(n.name) IN ('array', 'object') AND pg_column_size(n.name) > 2000 THEN '…'
                                  ELSE left(n.name #>> '{}', 255) END
                        FROM jsonb_to_record(w.data) AS d (name jsonb, tool_name jsonb, step_name jsonb, node_name jsonb)
                       CROSS JOIN LATERAL (SELECT coalesce(d.name, d.tool_name, d.step_name, d.node_name) AS name) AS n)
           END AS name,
           CASE WHEN pg_column_size(w.data) <= 16384
                THEN left(w.data ->> 'status', 255)
                ELSE (SELECT CASE WHEN jsonb_typeof(v.value) IN ('array', 'object') AND pg_column_size(v.value) > 2000 THEN '…'
                                  ELSE left(v.value #>> '{}', 255) END
                        FROM LATERAL (SELECT w.data -> 'status' AS value OFFSET 0) AS v)
           END AS status,
           e.repeats, e.model, e.parent_event_id, e.previous_event_id,
           e.latency_us, e.cost, e.tokens_in, e.tokens_out, e.cached_tokens, e.cache_write_tokens, e.reasoning_tokens,
           e.is_error,
           (1000000 * extract(epoch FROM e.timestamp))::bigint AS at_us,
           e.event_type = 'agent_start' AS is_start,
           e.event_type = 'agent_end'   AS is_end,
           e.stamped_at_end::integer AS stamped_at_end, e.tie
      FROM runs   AS r
      JOIN events AS e
        ON e.received_on = r.received_on
       AND e.run_id      = r.run_id
     CROSS JOIN LATERAL (SELECT e.data || '{}' AS data OFFSET 0) AS w  -- else each use decompresses it
     WHERE r.run_id = :'run_id'::uuid
     UNION ALL
    SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
           NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
      FROM generate_series(1, (SELECT 0)) AS a_thousand_to_the_planner
), linked AS MATERIALIZED (
    SELECT p.event_id, p.tree_parent_id, p.tree_parent_id IS NULL AS is_root
      FROM (SELECT c.event_id,
                   CASE WHEN NOT c.is_end
                         AND c.parent_event_id IN (SELECT e.event_id
                                                     FROM run_events AS e
                                                    WHERE NOT e.is_end)
\if :{?cycle_ids}
                         AND c.event_id NOT IN (SELECT unnest(:'cycle_ids'::uuid[]))
\endif
                        THEN c.parent_event_id
                   END AS tree_parent_id
              FROM run_events AS c) AS p
), walk AS (
    SELECT l.event_id, l.tree_parent_id, 0 AS depth
      FROM linked AS l
     WHERE l.is_root
     UNION ALL
    SELECT l.event_id, l.tree_parent_id, w.depth + 1
      FROM walk   AS w
      JOIN linked AS l
        ON l.tree_parent_id = w.event_id
), agent_ends AS MATERIALIZED (
    SELECT CASE WHEN e.previous_event_id IN (SELECT s.event_id
                                               FROM run_events AS s
                                              WHERE s.is_start)
                THEN e.previous_event_id
                ELSE (SELECT s.event_id
                        FROM run_events AS s
                        JOIN linked     AS l
                          ON l.event_id = s.event_id
                       WHERE s.is_start
                         AND l.is_root
                       ORDER BY s.at_us, s.tie, s.event_id
                       LIMIT 1)
           END AS start_id,
           e.at_us
      FROM run_events AS e
     WHERE e.is_end
), agents AS (
    SELECT a.start_id, max(a.at_us) AS ended_us
      FROM agent_ends AS a
     GROUP BY a.start_id
), timed AS MATERIALIZED (
    SELECT row_number() OVER (ORDER BY d.depth, d.at_us, d.tie, d.event_id) AS n,
           d.event_id, d.tree_parent_id, d.depth,
           d.depth = max(d.depth) OVER () AS is_deepest,
           d.cost, d.tokens_in, d.tokens_out, d.at_us,
           d.at_us - d.duration_us * d.stamped_at_end       AS began_us,
           d.at_us + d.duration_us * (1 - d.stamped_at_end) AS ended_us
      FROM (SELECT DISTINCT ON (w.event_id)
                   w.event_id, w.tree_parent_id, w.depth,
                   coalesce(e.cost, 0)       AS cost,
                   coalesce(e.tokens_in, 0)  AS tokens_in,
                   coalesce(e.tokens_out, 0) AS tokens_out,
                   e.at_us, e.tie, e.stamped_at_end,
                   CASE WHEN e.is_end THEN 0
                        WHEN e.is_start AND e.latency_us IS NULL THEN
                            CASE WHEN a.ended_us >= e.at_us THEN a.ended_us - e.at_us END
                        ELSE e.latency_us
                   END AS duration_us
              FROM walk       AS w
              JOIN run_events AS e
                ON e.event_id = w.event_id
              LEFT JOIN agents AS a
                ON a.start_id = e.event_id) AS d
), nodes AS MATERIALIZED (
    SELECT t.n, coalesce(p.n, 0) AS parent_n, t.event_id, t.depth, t.is_deepest,
           t.cost, t.tokens_in, t.tokens_out, t.began_us, t.ended_us,
           coalesce(t.began_us, t.at_us) AS first_us,
           coalesce(t.ended_us, t.at_us) AS last_us
      FROM timed AS t
      LEFT JOIN timed AS p
        ON p.event_id = t.tree_parent_id
), emits AS MATERIALIZED (
    SELECT c.n AS from_n, true AS is_child,
           p.n, p.cost, p.tokens_in, p.tokens_out, p.first_us, p.last_us
      FROM nodes AS c
      JOIN nodes AS p
        ON p.n = c.parent_n
     UNION ALL
    SELECT below.n, false,
           l.n, l.cost, l.tokens_in, l.tokens_out, l.first_us, l.last_us
      FROM nodes AS l
      JOIN (SELECT b.depth, min(b.n) AS n
              FROM nodes AS b
             GROUP BY b.depth) AS below
        ON below.depth = l.depth + 1
), subtrees AS (
    SELECT d.n, d.cost, d.tokens_in::numeric AS tokens_in, d.tokens_out::numeric AS tokens_out,
           1::numeric AS events, d.first_us, d.last_us
      FROM nodes AS d
     WHERE d.is_deepest
     UNION ALL
    SELECT u.n, u.cost, u.tokens_in, u.tokens_out, u.events, u.first_us, u.last_us
      FROM (SELECT e.n,
                   e.cost + coalesce(sum(s.cost) FILTER (WHERE e.is_child) OVER same, 0) AS cost,
                   e.tokens_in + coalesce(sum(s.tokens_in) FILTER (WHERE e.is_child) OVER same, 0)
                       AS tokens_in,
                   e.tokens_out + coalesce(sum(s.tokens_out) FILTER (WHERE e.is_child) OVER same, 0)
                       AS tokens_out,
                   1 + coalesce(sum(s.events) FILTER (WHERE e.is_child) OVER same, 0) AS events,
                   least(e.first_us, min(s.first_us) FILTER (WHERE e.is_child) OVER same)
                       AS first_us,
                   greatest(e.last_us, max(s.last_us) FILTER (WHERE e.is_child) OVER same)
                       AS last_us,
                   row_number() OVER same AS copy
              FROM subtrees AS s
              JOIN emits    AS e
                ON e.from_n = s.n
            WINDOW same AS (PARTITION BY e.n)) AS u
     WHERE u.copy = 1
), spans AS MATERIALIZED (
    SELECT k.n, k.parent_n, k.event_id, k.depth,
           s.cost, s.tokens_in, s.tokens_out, s.events, s.first_us, s.last_us,
           coalesce(k.began_us, s.first_us) AS began_us,
           coalesce(k.ended_us, s.last_us)  AS ended_us
      FROM nodes    AS k
      JOIN subtrees AS s
        ON s.n = k.n
), covered AS (
    SELECT o.parent_n, sum(greatest(o.ended_us - greatest(o.began_us, o.covered_to_us), 0)) AS us
      FROM (SELECT i.parent_n, i.began_us, i.ended_us,
                   max(i.ended_us) OVER (PARTITION BY i.parent_n ORDER BY i.began_us
                                         ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
                       AS covered_to_us
              FROM (SELECT c.parent_n,
                           greatest(c.began_us, p.began_us) AS began_us,
                           least(c.ended_us, p.ended_us)    AS ended_us
                      FROM spans AS c
                      JOIN spans AS p
                        ON p.n = c.parent_n) AS i) AS o
     GROUP BY o.parent_n
), siblings AS MATERIALIZED (
    SELECT s.n, s.parent_n, s.first_us, s.last_us,
           row_number() OVER (ORDER BY s.parent_n, s.last_us, s.first_us DESC, s.n DESC) AS place
      FROM spans AS s
), finished_before AS (
    SELECT m.place,
           max(m.finished) OVER (PARTITION BY m.parent_n ORDER BY m.at_us, m.place NULLS FIRST
                                 ROWS UNBOUNDED PRECEDING) AS previous
      FROM (SELECT f.parent_n, f.last_us AS at_us, f.place AS finished, NULL AS place
              FROM siblings AS f
             UNION ALL
            SELECT b.parent_n, b.first_us, NULL, b.place
              FROM siblings AS b) AS m
), steps AS MATERIALIZED (
    SELECT s.n, s.place, children.last AS last_child,
           s.place = max(s.place) OVER (PARTITION BY s.parent_n) AND s.parent_n = 0 AS is_last_root,
           CASE WHEN s.first_us < s.last_us THEN b.previous
                ELSE lag(s.place) OVER (PARTITION BY s.parent_n ORDER BY s.place)
           END AS previous
      FROM siblings AS s
      LEFT JOIN finished_before AS b
        ON b.place = s.place
      LEFT JOIN (SELECT c.parent_n, max(c.place) AS last
                   FROM siblings AS c
                  GROUP BY c.parent_n) AS children
        ON children.parent_n = s.n
), critical_path AS (
    SELECT s.n, s.last_child, s.previous
      FROM steps AS s
     WHERE s.is_last_root
     UNION ALL
    SELECT s.n, s.last_child, s.previous
      FROM critical_path AS p
     CROSS JOIN LATERAL (VALUES (p.last_child), (p.previous)) AS next (place)
      JOIN steps AS s
        ON s.place = next.place
)
SELECT e.event_id, e.event_type, e.timestamp, e.name, e.status, e.model,
       e.parent_event_id, e.previous_event_id,
       e.latency_us / 1000.0 AS latency_ms,
       e.cost, e.tokens_in, e.tokens_out, e.cached_tokens, e.cache_write_tokens, e.reasoning_tokens,
       e.is_error, e.repeats, e.tie,
       l.tree_parent_id, s.depth,
       to_timestamp(0) + s.began_us * interval '1 microsecond' AS started_at,
       (s.ended_us - s.began_us) / 1000.0                      AS duration_ms,
       (s.ended_us - s.began_us - coalesce(c.us, 0)) / 1000.0  AS self_time_ms,
       s.n IN (SELECT p.n FROM critical_path AS p)             AS on_critical_path,
       s.cost AS subtree_cost, s.tokens_in AS subtree_tokens_in,
       s.tokens_out AS subtree_tokens_out, s.events - 1 AS descendant_count
  FROM run_events AS e
  JOIN linked     AS l
    ON l.event_id = e.event_id
  LEFT JOIN spans AS s
    ON s.event_id = e.event_id
  LEFT JOIN covered AS c
    ON c.parent_n = s.n
 ORDER BY e.timestamp, e.tie, e.event_id;
