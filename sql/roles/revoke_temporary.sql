-- roles/revoke_temporary: let only the owner create temporary tables in the database.
--
-- params   object  identifier  the database
-- try      \set object gati

REVOKE TEMPORARY ON DATABASE :"object" FROM PUBLIC;
