-- verify/agents: the agents to look at, with how many events each should have.
--
-- returns  agent_name text, events bigint
-- rows     one per agent that has runs, had some that retention removed, or is in the metrics
-- plan     one pass over runs, retired metrics, agent_totals and the deltas, and what quarter hours hold:
--          no rollup is made of those, so an agent that only they know is found nowhere else

SELECT n.agent_name,
       greatest(sum(n.events), 0)::bigint AS events
  FROM (SELECT t.agent_name, t.events
          FROM agent_totals_live AS t
         UNION ALL
        SELECT r.agent_name, 0
          FROM runs AS r
         GROUP BY r.agent_name
         UNION ALL
        SELECT q.agent_name, 0
          FROM quarter_hour_metrics AS q
         GROUP BY q.agent_name
         UNION ALL
        SELECT q.agent_name, 0
          FROM quarter_hour_latency AS q
         GROUP BY q.agent_name
         UNION ALL
        SELECT t.agent_name, 0
          FROM retired_metrics AS t
         GROUP BY t.agent_name) AS n
 GROUP BY n.agent_name
 ORDER BY n.agent_name;
