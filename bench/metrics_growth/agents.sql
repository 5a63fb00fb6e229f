-- metrics_growth/agents: the bench's agents.
INSERT INTO agents (name)
SELECT 'agent ' || n.n
  FROM generate_series(0, :'agents'::integer - 1) AS n (n)
    ON CONFLICT (name) DO NOTHING;
