-- refresh/lead: take the leader's lease, or renew it.
--
-- A lease expires unless its holder renews it; then the first process that calls this takes it. One that
-- lasts longer than twice what the caller's would is from before PostgreSQL's clock was set back.
--
-- params   leader         text       host and process of the caller
-- params   lease_seconds  numeric  for how long
-- returns  leader text
-- rows     one when the caller has the lease; none when another process holds it
-- index    refresh_leader_pkey
-- plan     one row
-- try      \set leader 'host:1' \set lease_seconds 7.5

UPDATE refresh_leader AS l
   SET leader      = :'leader'::text,
       lease_until = now() + :'lease_seconds'::numeric * interval '1 second'
 WHERE l.only_row
   AND (l.leader = :'leader'::text
        OR l.lease_until < now()
        OR l.lease_until > now() + 2 * :'lease_seconds'::numeric * interval '1 second')
RETURNING l.leader;
