-- events/attach_partition: make the table of one week a partition.
--
-- params   partition  identifier  the table, from events/create_detached
-- params   monday     date        the first day
-- params   next       date        the day after the last
-- plan     a definition; scans the table and the DEFAULT partition, and waits for the readers of DEFAULT
-- try      \set partition events_20991228 \set monday 2099-12-28 \set next 2100-01-04

ALTER TABLE events ATTACH PARTITION :"partition" FOR VALUES FROM (:'monday') TO (:'next');
