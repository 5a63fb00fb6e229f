-- citus/become: be another role until the transaction ends, also towards the workers.
--
-- params   role  identifier  who
-- try      \set role gati_read

SET LOCAL ROLE :"role";
