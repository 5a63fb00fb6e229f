-- events/create_partition: make the partition of one week, where it is missing.
--
-- params   partition  identifier  its name: events_ and the date of the week's Monday
-- params   monday     date        the first day
-- params   next       date        the day after the last
-- plan     a definition; locks the DEFAULT partition, so it waits for its readers. Rows of up to
--          4,080 bytes are stored as they are: to compress those from 2 KB on took two fifths of what
--          COPY takes, for a tenth of the space (bench/decisions/toast-target)
-- try      \set partition events_20991228 \set monday 2099-12-28 \set next 2100-01-04

CREATE TABLE IF NOT EXISTS :"partition"
    PARTITION OF events
    FOR VALUES FROM (:'monday') TO (:'next')
    WITH (toast_tuple_target = 4080);
