-- citus/free_local: free the disk of the rows that a table held before it was distributed.
--
-- params   relation  regclass  the table, distributed
-- returns  truncate_local_data_after_distributing_table void
-- rows     one
-- plan     truncates the coordinator's copy, which no query reads any more
-- try      \set relation runs

SELECT truncate_local_data_after_distributing_table(:'relation'::regclass);
