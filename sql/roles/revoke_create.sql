-- roles/revoke_create: let nobody but the owner make tables in the schema.
--
-- params   object  identifier  the schema
-- try      \set object public

REVOKE CREATE ON SCHEMA :"object" FROM PUBLIC;
