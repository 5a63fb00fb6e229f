-- metrics/add_names: add names that count as themselves, while an agent has fewer of the kind than it may have.
--
-- A statement after metrics/lock_names, so that it sees what others have added. The row (other) says that the
-- kind is full; nothing is added after it.
--
-- params   agent_names  text[]    the agents, locked
-- params   kinds        text[]    event_type, model or tool, beside the agents
-- params   names        text[]    the names, beside the kinds; each once, none is (other)
-- params   limits       bigint[]  how many names of the kind an agent may have, beside the kinds
-- index    metric_names_pkey
-- plan     one index look-up per name; one index scan per agent and kind
-- try      \set agent_names '{Researcher}' \set kinds '{model}' \set names '{gpt-4o}' \set limits '{1000}'

WITH wanted AS (
    SELECT n.agent_name, n.kind, n.name, n.row_limit,
           row_number() OVER (PARTITION BY n.agent_name, n.kind ORDER BY n.name) AS place
      FROM unnest(:'agent_names'::text[], :'kinds'::text[], :'names'::text[], :'limits'::bigint[])
        AS n (agent_name, kind, name, row_limit)
     WHERE NOT EXISTS (SELECT
                         FROM metric_names AS m
                        WHERE m.agent_name = n.agent_name
                          AND m.kind       = n.kind
                          AND m.name       IN (n.name, '(other)'))
), counted AS (
    SELECT w.agent_name, w.kind, w.name, w.place,
           w.row_limit - max(CASE WHEN w.place = 1
                                  THEN (SELECT count(*)
                                          FROM metric_names AS m
                                         WHERE m.agent_name = w.agent_name
                                           AND m.kind       = w.kind) END)
                         OVER (PARTITION BY w.agent_name, w.kind) AS room
      FROM wanted AS w
)
INSERT INTO metric_names (agent_name, kind, name)
SELECT c.agent_name, c.kind, CASE WHEN c.place <= c.room THEN c.name ELSE '(other)' END
  FROM counted AS c
 WHERE c.place <= c.room + 1
    ON CONFLICT ON CONSTRAINT metric_names_pkey DO NOTHING;
