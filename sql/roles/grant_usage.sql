-- roles/grant_usage: let a role use the schema.
--
-- params   role    identifier  who
-- params   object  identifier  the schema
-- try      \set role gati_read \set object public

GRANT USAGE ON SCHEMA :"object" TO :"role";
