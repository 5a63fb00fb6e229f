-- citus/free_local: give back the disk of what a table held before it was distributed.
--
-- params   relation  regclass  the table, distributed
-- returns  truncate_local_data_after_distributing_table void
-- rows     one
-- plan     truncates the coordinator's copy, which nobody can read any more
-- try      \set relation runs

SELECT truncate_local_data_after_distributing_table(:'relation'::regclass);
