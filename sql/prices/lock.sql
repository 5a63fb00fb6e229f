-- prices/lock: let nobody compute costs until the transaction ends.
--
-- plan     waits for the transactions that compute costs, and a dump

LOCK TABLE model_prices IN ACCESS EXCLUSIVE MODE;
