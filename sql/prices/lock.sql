-- prices/lock: block the computing of costs until the transaction ends.
--
-- plan     waits for transactions that compute costs, and for a dump

LOCK TABLE model_prices IN ACCESS EXCLUSIVE MODE;
