-- roles/revoke_create: let nobody but the owner make tables in the schema.
--
-- params   object  identifier  the schema
-- returns  nothing
-- rows     none
-- index    none
-- plan     none: a definition
-- try      \set object public

REVOKE CREATE ON SCHEMA :"object" FROM PUBLIC;
