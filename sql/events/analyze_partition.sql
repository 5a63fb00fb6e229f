-- events/analyze_partition: gather the statistics of one partition.
--
-- params   partition  identifier  its name, of events/never_analyzed
-- plan     reads up to 30,000 rows; waits for no reader and no writer
-- try      \set partition events_default

ANALYZE :"partition";
