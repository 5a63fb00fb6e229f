-- metrics/state: the moment for which the transaction's metrics are exact, and the time of the last fold.
--
-- On a replica that moment is the last replayed commit.
--
-- returns  as_of timestamp with time zone, asked_at timestamp with time zone, refreshed_at timestamp with time zone, quarter_hours_from timestamp with time zone
-- rows     one
-- plan     one row

SELECT CASE WHEN pg_is_in_recovery()
            THEN least(now(), pg_last_xact_replay_timestamp())
            ELSE now()
       END         AS as_of,
       now()       AS asked_at,
       s.folded_at AS refreshed_at,
       s.quarter_hours_from
  FROM fold_state AS s;
