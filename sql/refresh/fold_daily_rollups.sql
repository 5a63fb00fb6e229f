-- refresh/fold_daily_rollups: add the deltas to daily_rollups.
--
-- index    daily_rollups_pkey
-- plan     one pass over the deltas for each dimension, one look-up per row of the result

INSERT INTO daily_rollups AS t (dimension, name, day, events, errors, tokens_in, tokens_out,
                                cached_tokens, cache_write_tokens, reasoning_tokens, cost,
                                latency_us, runs, completed, failed, duration_us)
SELECT w.dimension, w.name, w.day,
       sum(w.events),
       sum(w.errors),
       sum(w.tokens_in),
       sum(w.tokens_out),
       sum(w.cached_tokens),
       sum(w.cache_write_tokens),
       sum(w.reasoning_tokens),
       sum(w.cost),
       sum(w.latency_us),
       sum(w.runs),
       sum(w.completed),
       sum(w.failed),
       sum(w.duration_us)
  FROM waiting_rollups AS w
 GROUP BY w.dimension, w.name, w.day
 ORDER BY w.dimension, w.name, w.day
    ON CONFLICT ON CONSTRAINT daily_rollups_pkey DO UPDATE
           SET events             = t.events             + excluded.events,
               errors             = t.errors             + excluded.errors,
               tokens_in          = t.tokens_in          + excluded.tokens_in,
               tokens_out         = t.tokens_out         + excluded.tokens_out,
               cached_tokens      = t.cached_tokens      + excluded.cached_tokens,
               cache_write_tokens = t.cache_write_tokens + excluded.cache_write_tokens,
               reasoning_tokens   = t.reasoning_tokens   + excluded.reasoning_tokens,
               cost               = t.cost               + excluded.cost,
               latency_us         = t.latency_us         + excluded.latency_us,
               runs               = t.runs               + excluded.runs,
               completed          = t.completed          + excluded.completed,
               failed             = t.failed             + excluded.failed,
               duration_us        = t.duration_us        + excluded.duration_us;
