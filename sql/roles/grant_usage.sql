-- roles/grant_usage: let a role find what is in the schema.
--
-- params   role    identifier  who
-- params   object  identifier  the schema
-- returns  nothing
-- rows     none
-- index    none
-- plan     none: a definition
-- try      \set role gati_read \set object public

GRANT USAGE ON SCHEMA :"object" TO :"role";
