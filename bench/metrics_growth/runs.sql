-- metrics_growth/runs: runs number first to last - 1, of 10 events each. Every agent has one quarter
-- hour a day, in which all of its runs of that day lie.
INSERT INTO runs (run_id, received_on, agent_name, run_name, environment, status, started_at,
                  ended_at, last_event_at, duration_us, total_cost, tokens_in, tokens_out, event_count,
                  error_count, created_at, owner_is_root, owner_at, owner_event_id)
SELECT md5('run ' || n.n)::uuid, current_date, 'agent ' || n.n % :'agents'::integer, 'run ' || n.n,
       'bench', 'completed', t.at, t.at + interval '9 seconds', t.at + interval '9 seconds', 9000000, 0.04, 4000, 400, 10, 0,
       t.at, true, t.at, md5('event ' || n.n || ' 0')::uuid
  FROM generate_series(:'first'::integer, :'last'::integer - 1) AS n (n)
 CROSS JOIN LATERAL (SELECT date_trunc('day', now(), 'UTC')
                            - n.n / :'agents'::integer % :'days'::integer * interval '1 day'
                            + n.n % :'agents'::integer % 96 * interval '15 minutes' AS at) AS t;
