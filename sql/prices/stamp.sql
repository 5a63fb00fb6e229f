-- prices/stamp: set loaded_at of all prices to now, so that writers read them again.
--
-- plan     one pass; the clock is read once, under prices/lock, so it differs each time

UPDATE model_prices
   SET loaded_at = (SELECT clock_timestamp());
