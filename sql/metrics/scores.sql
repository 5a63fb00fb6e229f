-- metrics/scores: what scores come to: counts, averages, and the shares of categories.
--
-- Scores count once their run is there, at the day (UTC) of their timestamp, and for the agent that the run
-- belongs to. Those of runs that retention removed are in retired_scores.
--
-- params   from_day        date     the first day
-- params   to_day          date     the day after the last
-- params   agent           text     optional: of this agent's runs alone
-- params   version         text     optional: of runs of this version alone
-- params   name            text     optional: of this name alone
-- params   source          text     optional: api, user or evaluator
-- params   by_agent        boolean  optional: by agent
-- params   by_version      boolean  optional: by version of the runs
-- params   by_day          boolean  optional: by day
-- params   of_few          boolean  optional, with agent: given, the scores are looked up by the agent's runs, which are few
-- params   category_limit  bigint  categories of a group at most, the most frequent first
-- params   row_limit       bigint  groups at most
-- params   byte_limit      bigint  bytes of their categories as JSON, up to the group that passes it
-- returns  name text, kind text, agent_name text, version text, day date, scores bigint, value_sum numeric, average numeric, minimum numeric, maximum numeric, categories jsonb, category_count bigint, bytes_so_far bigint
-- rows     up to row_limit, and up to the one whose bytes_so_far pass byte_limit: one per name and kind, and per agent, version and day where they are asked for; the version of runs without one is empty; of a boolean, average is the share of true
-- index    scores_name_timestamp_idx or scores_pkey or scores_timestamp_idx
-- plan     by its values: the days of the scores, or the runs of the agent; aggregate. With of_few always an index-only scan of the
--          runs (runs_agent_name_started_at_idx), and one index scan of scores_pkey for all of them, or by version one for each
-- try      \set from_day 2026-11-01 \set to_day 2026-12-24 \set agent Researcher \set version 1.2 \set name accuracy \set source api \set by_agent true \set by_version true \set by_day true \set of_few true \set category_limit 20 \set row_limit 1000 \set byte_limit 33554432

WITH stored AS MATERIALIZED (
    SELECT s.name, s.kind, s.value_text COLLATE "C" AS value_text,
\if :{?by_agent}
\if :{?of_few}
           :'agent'::text AS agent_name,
\else
           r.agent_name,
\endif
\else
           NULL::text AS agent_name,
\endif
\if :{?by_version}
           coalesce(r.version, '') AS version,
\else
           NULL::text AS version,
\endif
\if :{?by_day}
           (s.timestamp AT TIME ZONE 'UTC')::date AS day,
\else
           NULL::date AS day,
\endif
           count(*)            AS scores,
           sum(s.value_number) AS value_sum,
           min(s.value_number) AS value_min,
           max(s.value_number) AS value_max
\if :{?of_few}
\if :{?by_version}
      FROM runs AS r
     CROSS JOIN LATERAL (
           SELECT f.name, f.kind, f.value_text, f.value_number, f.source, f.timestamp
             FROM scores AS f
            WHERE f.run_id = r.run_id
           OFFSET 0) AS s
     WHERE r.agent_name = :'agent'
\if :{?version}
       AND r.version = :'version'
\endif
\else
      FROM (SELECT f.name, f.kind, f.value_text, f.value_number, f.source, f.timestamp
              FROM scores AS f
             WHERE f.run_id = ANY (ARRAY(SELECT r.run_id
                                           FROM runs AS r
                                          WHERE r.agent_name = :'agent'
\if :{?version}
                                            AND r.version = :'version'
\endif
                                         ))
            OFFSET 0) AS s
     WHERE true
\endif
\else
      FROM scores AS s
      JOIN runs   AS r
        ON r.run_id = s.run_id
     WHERE true
\if :{?agent}
       AND r.agent_name = :'agent'
\endif
\if :{?version}
       AND r.version = :'version'
\endif
\endif
       AND s.timestamp >= :'from_day'::date::timestamptz
       AND s.timestamp <  :'to_day'::date::timestamptz
\if :{?name}
       AND s.name = :'name'
\endif
\if :{?source}
       AND s.source = :'source'
\endif
     GROUP BY 1, 2, 3, 4, 5, 6
), retired AS MATERIALIZED (
    SELECT t.name, t.kind, t.value_text COLLATE "C" AS value_text,
\if :{?by_agent}
           t.agent_name,
\else
           NULL::text AS agent_name,
\endif
\if :{?by_version}
           t.version,
\else
           NULL::text AS version,
\endif
\if :{?by_day}
           t.day,
\else
           NULL::date AS day,
\endif
           t.scores, t.value_sum, t.value_min, t.value_max
      FROM retired_scores AS t
     WHERE t.day >= :'from_day'::date
       AND t.day <  :'to_day'::date
\if :{?agent}
       AND t.agent_name = :'agent'
\endif
\if :{?version}
       AND t.version = :'version'
\endif
\if :{?name}
       AND t.name = :'name'
\endif
\if :{?source}
       AND t.source = :'source'
\endif
), together AS (
    SELECT s.name, s.kind, s.value_text, s.agent_name, s.version, s.day, s.scores, s.value_sum, s.value_min, s.value_max
      FROM stored AS s
     UNION ALL
    SELECT t.name, t.kind, t.value_text, t.agent_name, t.version, t.day, t.scores, t.value_sum, t.value_min, t.value_max
      FROM retired AS t
), by_value AS (
    SELECT t.name, t.kind, t.value_text, t.agent_name, t.version, t.day,
           sum(t.scores)    AS scores,
           sum(t.value_sum) AS value_sum,
           min(t.value_min) AS value_min,
           max(t.value_max) AS value_max
      FROM together AS t
     GROUP BY t.name, t.kind, t.value_text, t.agent_name, t.version, t.day
), ranked AS (
    SELECT v.name, v.kind, v.value_text, v.agent_name, v.version, v.day, v.scores, v.value_sum, v.value_min, v.value_max,
           sum(v.scores) OVER (PARTITION BY v.name, v.kind, v.agent_name, v.version, v.day) AS of_all,
           row_number()  OVER (PARTITION BY v.name, v.kind, v.agent_name, v.version, v.day
                                   ORDER BY v.scores DESC, v.value_text)         AS place
      FROM by_value AS v
), grouped AS (
    SELECT k.name, k.kind, k.agent_name, k.version, k.day,
           sum(k.scores)::bigint              AS scores,
           sum(k.value_sum)                   AS value_sum,
           sum(k.value_sum) / sum(k.scores)   AS average,
           min(k.value_min)                   AS minimum,
           max(k.value_max)                   AS maximum,
           coalesce(jsonb_agg(jsonb_build_object('value', k.value_text, 'count', k.scores,
                                                 'share', round(k.scores / k.of_all, 6))
                              ORDER BY k.place)
                    FILTER (WHERE k.value_text IS NOT NULL AND k.place <= :'category_limit'::bigint),
                    '[]')                     AS categories,
           count(k.value_text)                AS category_count,
           coalesce(sum(64 + CASE WHEN k.value_text ~ '[\u0001-\u0007\u000b\u000e-\u001f]'
                                  THEN 6 * octet_length(k.value_text)
                                  ELSE octet_length(to_json(k.value_text)::text) END)
                    FILTER (WHERE k.place <= :'category_limit'::bigint), 0) AS bytes
      FROM ranked AS k
     GROUP BY k.name, k.kind, k.agent_name, k.version, k.day
     ORDER BY k.name, k.kind, k.agent_name, k.version, k.day
     LIMIT :'row_limit'::bigint
), measured AS (
    SELECT g.name, g.kind, g.agent_name, g.version, g.day, g.scores, g.value_sum, g.average, g.minimum, g.maximum,
           g.categories, g.category_count, g.bytes,
           (sum(g.bytes) OVER (ORDER BY g.name, g.kind, g.agent_name, g.version, g.day))::bigint AS bytes_so_far
      FROM grouped AS g
)
SELECT m.name, m.kind, m.agent_name, m.version, m.day, m.scores, m.value_sum, m.average, m.minimum, m.maximum,
       m.categories, m.category_count, m.bytes_so_far
  FROM measured AS m
 WHERE m.bytes_so_far - m.bytes <= :'byte_limit'::bigint
 ORDER BY m.name, m.kind, m.agent_name, m.version, m.day;
