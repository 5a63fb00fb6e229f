-- retention/agents_to_compact: agents with retired quarter hours that are no longer kept as such.
--
-- returns  agent_name text
-- rows     one per agent
-- plan     one pass over retired_metrics

SELECT t.agent_name
  FROM retired_metrics AS t
 WHERE t.quarter_hour <  (SELECT s.quarter_hours_from FROM fold_state AS s)
   AND t.quarter_hour <> date_trunc('day', t.quarter_hour, 'UTC')
 GROUP BY t.agent_name
 ORDER BY t.agent_name;
