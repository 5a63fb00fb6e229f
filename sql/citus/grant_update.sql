-- citus/grant_update: let ingest change runs: Citus passes no privilege on single columns to the shards.
--
-- params   role  identifier  gati_ingest
-- returns  nothing
-- rows     none
-- index    none
-- plan     none: a privilege
-- try      \set role gati_ingest

GRANT UPDATE ON runs TO :"role";
