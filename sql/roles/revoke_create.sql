-- roles/revoke_create: let only the owner create tables in the schema.
--
-- params   object  identifier  the schema
-- try      \set object public

REVOKE CREATE ON SCHEMA :"object" FROM PUBLIC;
