CREATE TABLE events_20991228
    PARTITION OF events
    FOR VALUES FROM ('2099-12-28') TO ('2100-01-04')
    WITH (toast_tuple_target = 4080);
