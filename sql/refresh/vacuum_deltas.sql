-- refresh/vacuum_deltas: free the space of the deltas that are gone.
--
-- Every live view reads the whole table: 300,000 dead rows cost each read 12 ms. Where somebody else
-- vacuums already there is nothing to do: behind a long reader that may take 5 seconds.
--
-- plan     two passes; a truncation gives way to whoever waits

VACUUM (SKIP_LOCKED) metric_deltas;
