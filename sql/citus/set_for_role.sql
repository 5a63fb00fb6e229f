-- citus/set_for_role: let a role's sessions begin with a setting, on every node.
--
-- What a session of the service sets for itself is the coordinator's alone: to the workers it connects anew.
--
-- params   role     identifier  gati_ingest or gati_read
-- params   setting  identifier  which
-- params   value    text        to what
-- try      \set role gati_read \set setting enable_mergejoin \set value off

ALTER ROLE :"role" SET :"setting" = :'value';
