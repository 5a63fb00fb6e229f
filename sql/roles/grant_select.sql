-- roles/grant_select: let a role read a table or view.
--
-- params   role    identifier  who
-- params   object  identifier  a table or view
-- try      \set role gati_read \set object runs

GRANT SELECT ON :"object" TO :"role";
