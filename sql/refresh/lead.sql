-- refresh/lead: take the leader's lease, or renew it.
--
-- A lease runs out when its holder does not renew it; then whoever asks first has it.
--
-- params   leader         text       who asks: host and process
-- params   lease_seconds  numeric  for how long
-- returns  leader text
-- rows     one when the lease is the asker's; none when another holds it
-- index    refresh_leader_pkey
-- plan     one row
-- try      \set leader 'host:1' \set lease_seconds 7.5

UPDATE refresh_leader AS l
   SET leader      = :'leader'::text,
       lease_until = now() + :'lease_seconds'::numeric * interval '1 second'
 WHERE l.only_row
   AND (l.leader = :'leader'::text OR l.lease_until < now())
RETURNING l.leader;
