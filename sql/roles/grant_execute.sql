-- roles/grant_execute: let a role call a function, also where PUBLIC may not.
--
-- params   role    identifier  who
-- params   object  identifier  a function
-- try      \set role gati_read \set object latency_bucket

GRANT EXECUTE ON FUNCTION :"object" TO :"role";
