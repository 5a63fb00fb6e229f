-- refresh/vacuum_deltas: free the space of the deltas that are gone.
--
-- Every live view reads the whole table: 300,000 dead rows cost each read 12 ms. SKIP_LOCKED, because
-- another vacuum may be running, for up to 5 seconds after a long reader.
--
-- plan     two passes; a truncation gives way to waiting sessions

VACUUM (SKIP_LOCKED) metric_deltas;
