-- events/create_partition: make the partition of one week, where it is missing.
--
-- params   partition  identifier  its name: events_YYYYMMDD, for the week's Monday
-- params   monday     date        the first day
-- params   next       date        the day after the last
-- returns  nothing
-- rows     none
-- index    none
-- plan     none: a definition; locks the DEFAULT partition, so it waits behind its readers
-- try      \set partition events_20991228 \set monday 2099-12-28 \set next 2100-01-04

CREATE TABLE IF NOT EXISTS :"partition"
    PARTITION OF events
    FOR VALUES FROM (:'monday') TO (:'next');
