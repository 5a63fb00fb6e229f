-- event_type_totals: what the events of each type add up to, materialized from daily_rollups.
-- event_type_totals_live: the same with the deltas that wait, exact in every snapshot.

CREATE MATERIALIZED VIEW event_type_totals AS
SELECT r.name AS event_type,
       sum(r.events)::bigint        AS events,
       sum(r.errors)::bigint        AS errors,
       sum(r.tokens_in)             AS tokens_in,
       sum(r.tokens_out)            AS tokens_out,
       sum(r.cost)                  AS cost,
       sum(r.latency_us)            AS latency_us
  FROM daily_rollups AS r
 WHERE (SELECT g.is_open FROM fold_gate AS g)
   AND r.dimension = 'event_type'
 GROUP BY r.name
  WITH DATA;

CREATE UNIQUE INDEX event_type_totals_key ON event_type_totals (event_type);

COMMENT ON MATERIALIZED VIEW event_type_totals IS 'What the events of each type add up to, without what still waits in metric_deltas: ask event_type_totals_live';

CREATE VIEW event_type_totals_live AS
SELECT p.event_type,
       sum(p.events)::bigint        AS events,
       sum(p.errors)::bigint        AS errors,
       sum(p.tokens_in)             AS tokens_in,
       sum(p.tokens_out)            AS tokens_out,
       sum(p.cost)                  AS cost,
       sum(p.latency_us)            AS latency_us
  FROM (SELECT t.event_type,
               t.events, t.errors, t.tokens_in, t.tokens_out, t.cost, t.latency_us
          FROM event_type_totals AS t
         UNION ALL
        SELECT m.event_type,
               m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us
          FROM metric_deltas AS m
         WHERE m.event_type <> '') AS p
 GROUP BY p.event_type;

COMMENT ON VIEW event_type_totals_live IS 'What the events of each type add up to, exact in every snapshot.';
