-- retention/left_in_default: how many events of removed days are in DEFAULT, which is never dropped.
--
-- params   cutoff  date  the first day that is kept
-- returns  events bigint
-- rows     one
-- index    events_default_pkey
-- plan     index scan
-- try      \set cutoff 2026-08-24

SELECT count(*) AS events
  FROM events_default AS e
 WHERE e.received_on < :'cutoff'::date;
