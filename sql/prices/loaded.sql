-- prices/loaded: when the prices were loaded; a writer with prices of another moment reads them again.
--
-- Each transaction that computes costs runs it and keeps its lock on the table until the end. So a load
-- (prices/lock) waits for these transactions, and events stored after the load have the new prices.
--
-- returns  loaded_at timestamp with time zone
-- rows     one; none while there are no prices
-- plan     any row, because all have the same value

SELECT p.loaded_at
  FROM model_prices AS p
 LIMIT 1;
