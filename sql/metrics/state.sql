-- metrics/state: the moment that the transaction's metrics are exact for, and the last fold.
--
-- params   none
-- returns  as_of timestamp with time zone, refreshed_at timestamp with time zone, quarter_hours_from timestamp with time zone
-- rows     one
-- index    none
-- plan     one row
-- try      (no parameters)

SELECT now()       AS as_of,
       s.folded_at AS refreshed_at,
       s.quarter_hours_from
  FROM fold_state AS s;
