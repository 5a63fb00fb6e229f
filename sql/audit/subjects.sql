-- audit/subjects: to what an action was done.
--
-- params   action   text         such as use role
-- returns  subject text
-- rows     one per subject
-- plan     one pass over a table of what was done by hand
-- try      \set action 'use role'

SELECT DISTINCT a.subject
  FROM audit_log AS a
 WHERE a.action = :'action'::text
 ORDER BY a.subject;
