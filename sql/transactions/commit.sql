-- transactions/commit: commit the transaction.
--
-- As a statement, so that a pipeline can send another one in the same round trip.

COMMIT;
