-- citus/set_for_role: give a role's sessions a setting on every node.
--
-- A SET in a session of the service holds on the coordinator alone, which opens its own sessions on workers.
--
-- params   role     identifier  gati_ingest or gati_read
-- params   setting  identifier  which
-- params   value    text        to what
-- try      \set role gati_read \set setting enable_mergejoin \set value off

ALTER ROLE :"role" SET :"setting" = :'value';
