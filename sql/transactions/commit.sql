-- transactions/commit: end the transaction and keep what it did.
--
-- Where a statement of a pipeline is to follow it in the same round trip.

COMMIT;
