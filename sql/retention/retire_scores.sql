-- retention/retire_scores: remove the scores of the runs of some days, and record what they sum up to.
--
-- What is summed up is what is removed. A second time there are only scores that came in between.
--
-- params   first_day  date  the first day
-- params   next_day   date  the day after the last
-- index    scores_pkey
-- plan     one pass over runs, an index scan for the scores of each; aggregate
-- try      \set first_day 2026-08-17 \set next_day 2026-08-24

WITH gone AS (
    DELETE FROM scores AS s
     USING runs AS r
     WHERE r.run_id = s.run_id
       AND r.received_on >= :'first_day'::date
       AND r.received_on <  :'next_day'::date
    RETURNING r.agent_name, coalesce(r.version, '') AS version,
              (s.timestamp AT TIME ZONE 'UTC')::date AS day, s.name, s.kind, s.source, s.value_text,
              s.value_number
)
INSERT INTO retired_scores (agent_name, version, day, name, kind, source, value_text, scores,
                            value_sum, value_min, value_max)
SELECT g.agent_name, g.version, g.day, g.name, g.kind, g.source, g.value_text,
       count(*),
       sum(g.value_number),
       min(g.value_number),
       max(g.value_number)
  FROM gone AS g
 GROUP BY g.agent_name, g.version, g.day, g.name, g.kind, g.source, g.value_text;
