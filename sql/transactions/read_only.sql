-- transactions/read_only: make this session read-only, where no start-up option can.
--
-- plan     a setting of the session

SET default_transaction_read_only = on;
