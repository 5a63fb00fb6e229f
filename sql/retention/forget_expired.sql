-- retention/forget_expired: forget the ids of runs that were removed long ago.
--
-- params   days  integer  how long they are kept
-- plan     one pass
-- try      \set days 90

DELETE FROM expired_runs AS x
 WHERE x.expired_at < now() - :'days'::integer * interval '1 day';
