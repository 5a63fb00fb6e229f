-- events/create_detached: make a table for one week of events, to be filled before it is a partition.
--
-- params   partition  identifier  its name, as of events/create_partition
-- plan     a definition
-- try      \set partition events_20991228

CREATE TABLE :"partition" (LIKE events INCLUDING ALL)
    WITH (toast_tuple_target = 4080);
