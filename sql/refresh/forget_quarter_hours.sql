-- refresh/forget_quarter_hours: move the first quarter hour that is kept.
--
-- In one transaction with the two deletes. Reads refuse windows that reach further back.
--
-- params   days  integer  how many days are kept
-- returns  quarter_hours_from timestamp with time zone
-- rows     one; none when that far is forgotten already
-- index    fold_state_pkey
-- plan     one row
-- try      \set days 93

UPDATE fold_state AS s
   SET quarter_hours_from = c.cutoff
  FROM (SELECT date_trunc('day', now(), 'UTC') - :'days'::integer * interval '1 day' AS cutoff) AS c
 WHERE s.only_row
   AND s.quarter_hours_from < c.cutoff
RETURNING s.quarter_hours_from;
