-- roles/grant_connect: let a role connect to the database.
--
-- params   role    identifier  who
-- params   object  identifier  the database
-- try      \set role gati_read \set object gati

GRANT CONNECT ON DATABASE :"object" TO :"role";
