-- metrics_growth/events: the ten events of each of those runs: ten combinations of type and model,
-- four of them calls of a model. Latencies are lognormal (Box and Muller), 150 ms in the middle.
INSERT INTO events (received_on, run_id, event_id, agent_name, event_type, timestamp, model,
                    tokens_in, tokens_out, cost, cost_source, latency_us, is_error, data)
SELECT current_date, md5('run ' || n.n)::uuid, md5('event ' || n.n || ' ' || e.e)::uuid,
       'agent ' || n.n % :'agents'::integer,
       CASE WHEN e.e = 0 THEN 'agent_start'
            WHEN e.e = 9 THEN 'agent_end'
            WHEN e.e < 5 THEN 'llm_call'
            ELSE 'type ' || e.e END,
       date_trunc('day', now(), 'UTC')
       - n.n / :'agents'::integer % :'days'::integer * interval '1 day'
       + n.n % :'agents'::integer % 96 * interval '15 minutes' + e.e * interval '1 second',
       CASE WHEN e.e BETWEEN 1 AND 4 THEN 'model ' || e.e END,
       CASE WHEN e.e BETWEEN 1 AND 4 THEN 1000 END,
       CASE WHEN e.e BETWEEN 1 AND 4 THEN 100 END,
       CASE WHEN e.e BETWEEN 1 AND 4 THEN 0.01 END,
       CASE WHEN e.e BETWEEN 1 AND 4 THEN 'client' END,
       CASE WHEN e.e BETWEEN 1 AND 8
            THEN (150000 * exp(sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())))::bigint END,
       false, '{}'
  FROM generate_series(:'first'::integer, :'last'::integer - 1) AS n (n)
 CROSS JOIN generate_series(0, 9) AS e (e);
