-- retention/hold_partition: let nobody write to a partition until the transaction ends; reading goes on.
--
-- params   partition  identifier  its name
-- plan     waits for whoever writes there
-- try      \set partition events_20260817

LOCK TABLE ONLY :"partition" IN SHARE MODE;
