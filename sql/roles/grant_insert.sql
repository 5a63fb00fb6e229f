-- roles/grant_insert: let a role add rows to a table.
--
-- params   role    identifier  who
-- params   object  identifier  a table
-- try      \set role gati_read \set object runs

GRANT INSERT ON :"object" TO :"role";
