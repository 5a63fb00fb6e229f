-- roles/revoke_temporary: let nobody but the owner make temporary tables in the database.
--
-- params   object  identifier  the database
-- try      \set object gati

REVOKE TEMPORARY ON DATABASE :"object" FROM PUBLIC;
