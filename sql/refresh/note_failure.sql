-- refresh/note_failure: record that a fold failed, for /health of every worker.
--
-- params   failure  text  the error's class and SQLSTATE
-- index    refresh_leader_pkey
-- plan     one row
-- try      \set failure 'UndefinedColumn (42703)'

UPDATE refresh_leader AS l
   SET failed_at = now(),
       failure   = :'failure'::text
 WHERE l.only_row;
