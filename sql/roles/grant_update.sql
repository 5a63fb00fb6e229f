-- roles/grant_update: let a role change one column of a table.
--
-- params   role         identifier  who
-- params   object       identifier  the table
-- params   column_name  identifier  the column
-- try      \set role gati_ingest \set object runs \set column_name status

GRANT UPDATE (:"column_name") ON :"object" TO :"role";
