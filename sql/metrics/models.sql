-- metrics/models: calls, tokens and cost of each model of all time, the highest cost first.
--
-- Events that name no model are not among them.
--
-- returns  model text, calls bigint, errors bigint, tokens_in numeric, tokens_out numeric, cost numeric, latency_us numeric
-- rows     one per model
-- plan     model_totals and the deltas

SELECT t.model,
       t.events AS calls,
       t.errors, t.tokens_in, t.tokens_out, t.cost, t.latency_us
  FROM model_totals_live AS t
 WHERE t.model <> ''
   AND t.events > 0
 ORDER BY t.cost DESC, t.model;
