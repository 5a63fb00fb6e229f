-- citus/grant_deltas: let a role number the deltas that it adds; with Citus an INSERT from a SELECT asks for this itself.
--
-- params   role  identifier  who
-- try      \set role gati_ingest

GRANT USAGE ON SEQUENCE metric_deltas_delta_id_seq TO :"role";
