-- retention/drop_partition: remove a partition; its disk is free at the end of the transaction.
--
-- Not DETACH CONCURRENTLY first: PostgreSQL refuses that beside a DEFAULT partition.
--
-- params   partition  identifier  its name
-- plan     a definition; its locks are taken before
-- try      \set partition events_20260817

DROP TABLE :"partition";
