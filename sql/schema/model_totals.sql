-- model_totals: what the events of each model add up to, materialized from daily_rollups.
-- model_totals_live: the same with the deltas that wait, exact in every snapshot.

CREATE MATERIALIZED VIEW model_totals AS
SELECT r.name AS model,
       sum(r.events)::bigint        AS events,
       sum(r.errors)::bigint        AS errors,
       sum(r.tokens_in)             AS tokens_in,
       sum(r.tokens_out)            AS tokens_out,
       sum(r.cost)                  AS cost,
       sum(r.latency_us)            AS latency_us,
       sum(r.cached_tokens)         AS cached_tokens,
       sum(r.cache_write_tokens)    AS cache_write_tokens,
       sum(r.reasoning_tokens)      AS reasoning_tokens
  FROM daily_rollups AS r
 WHERE (SELECT g.is_open FROM fold_gate AS g)
   AND r.dimension = 'model'
 GROUP BY r.name
  WITH DATA;

CREATE UNIQUE INDEX model_totals_key ON model_totals (model);

COMMENT ON MATERIALIZED VIEW model_totals IS 'What the events of each model add up to, without what still waits in metric_deltas: ask model_totals_live';

CREATE VIEW model_totals_live AS
SELECT p.model,
       sum(p.events)::bigint        AS events,
       sum(p.errors)::bigint        AS errors,
       sum(p.tokens_in)             AS tokens_in,
       sum(p.tokens_out)            AS tokens_out,
       sum(p.cost)                  AS cost,
       sum(p.latency_us)            AS latency_us,
       sum(p.cached_tokens)         AS cached_tokens,
       sum(p.cache_write_tokens)    AS cache_write_tokens,
       sum(p.reasoning_tokens)      AS reasoning_tokens
  FROM (SELECT t.model,
               t.events, t.errors, t.tokens_in, t.tokens_out, t.cost, t.latency_us,
               t.cached_tokens, t.cache_write_tokens, t.reasoning_tokens
          FROM model_totals AS t
         UNION ALL
        SELECT m.model,
               m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us,
               m.cached_tokens, m.cache_write_tokens, m.reasoning_tokens
          FROM metric_deltas AS m
         WHERE m.event_type <> '') AS p
 GROUP BY p.model;

COMMENT ON VIEW model_totals_live IS 'What the events of each model add up to, exact in every snapshot. The empty model is: none named.';
