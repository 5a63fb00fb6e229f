-- transactions/read_only: let this session change nothing, where no start-up option may say so.
--
-- plan     a setting of the session

SET default_transaction_read_only = on;
