-- prices/loaded: when the prices were loaded: who knows those of another moment reads them anew.
--
-- Asked in each transaction that computes costs, and it keeps its lock on the table until the end. So
-- a load (prices/lock) waits for them, and whatever is stored once it is over has the new prices.
--
-- returns  loaded_at timestamp with time zone
-- rows     one; none while there are no prices
-- plan     the first row there is: all say the same

SELECT p.loaded_at
  FROM model_prices AS p
 LIMIT 1;
