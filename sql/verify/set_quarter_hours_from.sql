-- verify/set_quarter_hours_from: set back the first quarter hour that is kept.
--
-- In one transaction with a rebuild, which counts the quarter hours from there on.
--
-- params   quarter_hours_from  timestamptz  the first that is kept
-- index    fold_state_pkey
-- plan     one row
-- try      \set quarter_hours_from '2026-08-22 00:00:00+00'

UPDATE fold_state AS s
   SET quarter_hours_from = :'quarter_hours_from'::timestamptz
 WHERE s.only_row;
