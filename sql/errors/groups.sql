-- errors/groups: the errors of a time, grouped by fingerprint; the largest groups first, or the latest.
--
-- `received_on` is the day of the newest error, for errors/newest. `stopped_at` is on each row: the moment of the oldest error that was
-- read or grouped, where a limit was reached; NULL: all errors of the time are grouped.
--
-- params   from_at            timestamptz  errors of then or later
-- params   to_at              timestamptz  errors before
-- params   read_limit         bigint       errors to read at most, the newest, of whatever run
-- params   error_limit        bigint       with by_run: errors to group at most, the newest
-- params   row_limit          bigint       groups at most
-- params   by_run             boolean      optional: given with agent or environment
-- params   agent              text         optional, with by_run: errors of runs of this agent alone
-- params   environment        text         optional, with by_run: errors of runs of this environment alone
-- params   by_last            boolean      optional: given, the latest groups first
-- params   after_value        text         with after_fingerprint: the count, or last_at, of the group after which the page begins
-- params   after_fingerprint  bigint       optional: its fingerprint
-- returns  stopped_at timestamp with time zone, error_fingerprint bigint, count bigint, first_at timestamp with time zone, last_at timestamp with time zone, received_on date, agent_count bigint, agents text[]
-- rows     up to row_limit; one without a fingerprint where there is no group
-- index    events_timestamp_error_fingerprint_run_id_idx, runs_pkey
-- plan     index-only scan of the errors of the time in each partition, backwards, merged until read_limit, aggregate; a look-up
--          of the run of each error of the page. With agent its runs by an index alone, hashed, or, if they are more than the
--          errors, a look-up for each error, as with environment
-- try      \set from_at '2026-11-16' \set to_at '2026-11-23' \set read_limit 1000000 \set error_limit 100000 \set row_limit 50 \set by_run true \set agent Researcher \set environment production \set by_last true \set after_value '2026-11-22 23:59:00+00' \set after_fingerprint 3333897645718831148

WITH found AS MATERIALIZED (
    SELECT e.error_fingerprint, e.timestamp, e.run_id
      FROM events AS e
     WHERE e.error_fingerprint IS NOT NULL
       AND e.timestamp >= :'from_at'::timestamptz
       AND e.timestamp <  :'to_at'::timestamptz
     ORDER BY e.timestamp DESC
     LIMIT :'read_limit'::bigint
\if :{?by_run}
\if :{?distributed}
), looked_up AS MATERIALIZED (  -- else all runs of the agent could be read for each error
    SELECT f.error_fingerprint, f.timestamp, f.run_id, r.agent_name, r.environment
      FROM found AS f
      JOIN runs  AS r
        ON r.run_id = f.run_id
), owned AS MATERIALIZED (
    SELECT l.error_fingerprint, l.timestamp, l.run_id
      FROM looked_up AS l
     WHERE true
\if :{?agent}
       AND l.agent_name = :'agent'
\endif
\if :{?environment}
       AND l.environment = :'environment'
\endif
     ORDER BY l.timestamp DESC
     LIMIT :'error_limit'::bigint
\else
\if :{?agent}
), of_agent AS MATERIALIZED (  -- all its runs, if they are fewer than the errors; each costs a tenth of a look-up
    SELECT r.run_id
      FROM runs AS r
     WHERE r.agent_name = :'agent'
     LIMIT (SELECT count(*)
              FROM found AS f)
), owned AS MATERIALIZED (
    SELECT f.error_fingerprint, f.timestamp, f.run_id
      FROM found AS f
     WHERE CASE WHEN CASE WHEN (SELECT count(*) FROM of_agent AS a) < (SELECT count(*) FROM found AS c)
                          THEN f.run_id IN (SELECT a.run_id
                                              FROM of_agent AS a)
                          ELSE EXISTS (SELECT
                                         FROM runs AS r
                                        WHERE r.run_id     = f.run_id
                                          AND r.agent_name = :'agent'
                                       OFFSET 0)
                     END
\if :{?environment}
                THEN EXISTS (SELECT  -- of the agent's errors alone
                               FROM runs AS v
                              WHERE v.run_id      = f.run_id
                                AND v.environment = :'environment'
                             OFFSET 0)
\else
                THEN true
\endif
           END
\else
), owned AS MATERIALIZED (
    SELECT f.error_fingerprint, f.timestamp, f.run_id
      FROM found AS f
     WHERE EXISTS (SELECT
                     FROM runs AS v
                    WHERE v.run_id      = f.run_id
                      AND v.environment = :'environment'
                   OFFSET 0)
\endif
     ORDER BY f.timestamp DESC
     LIMIT :'error_limit'::bigint
\endif
\endif
), grouped AS (
    SELECT o.error_fingerprint,
           count(*)         AS count,
           min(o.timestamp) AS first_at,
           max(o.timestamp) AS last_at,
           (array_agg(o.run_id ORDER BY o.timestamp DESC, o.run_id DESC))[1] AS last_run_id
\if :{?by_run}
      FROM owned AS o
\else
      FROM found AS o
\endif
     GROUP BY o.error_fingerprint
), page AS MATERIALIZED (
    SELECT g.error_fingerprint, g.count, g.first_at, g.last_at, g.last_run_id
      FROM grouped AS g
\if :{?after_fingerprint}
\if :{?by_last}
     WHERE (g.last_at, g.error_fingerprint) < (:'after_value'::text::timestamptz, :'after_fingerprint'::bigint)
\else
     WHERE (g.count, g.error_fingerprint) < (:'after_value'::text::bigint, :'after_fingerprint'::bigint)
\endif
\endif
\if :{?by_last}
     ORDER BY g.last_at DESC, g.error_fingerprint DESC
\else
     ORDER BY g.count DESC, g.error_fingerprint DESC
\endif
     LIMIT :'row_limit'::bigint
\if :{?agent}
), named AS (
    SELECT p.error_fingerprint, r.received_on, 1::bigint AS agent_count, ARRAY[:'agent'::text] AS agents
      FROM page AS p
      JOIN runs AS r
        ON r.run_id = p.last_run_id
\else
), counted AS (
    SELECT p.error_fingerprint, r.agent_name, count(*) AS events,
           max(r.received_on) FILTER (WHERE r.run_id = p.last_run_id) AS received_on
      FROM page  AS p
\if :{?by_run}
      JOIN owned AS f
\else
      JOIN found AS f
\endif
        ON f.error_fingerprint = p.error_fingerprint
      JOIN runs  AS r
        ON r.run_id = f.run_id
     GROUP BY p.error_fingerprint, r.agent_name
), named AS (
    SELECT c.error_fingerprint, max(c.received_on) AS received_on, count(*) AS agent_count,
           (array_agg(c.agent_name ORDER BY c.events DESC, c.agent_name))[1:20] AS agents
      FROM counted AS c
     GROUP BY c.error_fingerprint
\endif
)
SELECT t.stopped_at, p.error_fingerprint, p.count, p.first_at, p.last_at,
       n.received_on, n.agent_count, n.agents
\if :{?by_run}
  FROM (SELECT greatest((SELECT min(f.timestamp)
                           FROM found AS f
                         HAVING count(*) >= :'read_limit'::bigint),
                        (SELECT min(o.timestamp)
                           FROM owned AS o
                         HAVING count(*) >= :'error_limit'::bigint)) AS stopped_at) AS t
\else
  FROM (SELECT (SELECT min(f.timestamp)
                  FROM found AS f
                HAVING count(*) >= :'read_limit'::bigint) AS stopped_at) AS t
\endif
  LEFT JOIN page AS p
    ON true
  LEFT JOIN named AS n
    ON n.error_fingerprint = p.error_fingerprint
\if :{?by_last}
 ORDER BY p.last_at DESC,
\else
 ORDER BY p.count DESC,
\endif
          p.error_fingerprint DESC;
