-- retention/hold_partition: block writes to a partition until the transaction ends; reads go on.
--
-- params   partition  identifier  its name
-- plan     waits for writers of the partition
-- try      \set partition events_20260817

LOCK TABLE ONLY :"partition" IN SHARE MODE;
