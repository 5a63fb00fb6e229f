-- citus/distribute: spread a table and what is in it over the workers, by run_id.
--
-- params   relation  regclass  runs, or what goes beside it
-- params   beside    text      none for runs, for others runs: what has a run_id lies together
-- returns  create_distributed_table void
-- rows     one
-- plan     copies the table, locked against writes
-- try      \set relation runs \set beside none

SELECT create_distributed_table(:'relation'::regclass, 'run_id', colocate_with => :'beside'::text);
