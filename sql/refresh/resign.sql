-- refresh/resign: release the leader's lease.
--
-- params   leader  text  the process that releases it
-- index    refresh_leader_pkey
-- plan     one row
-- try      \set leader 'host:1'

UPDATE refresh_leader AS l
   SET lease_until = '-infinity'
 WHERE l.only_row
   AND l.leader = :'leader'::text;
