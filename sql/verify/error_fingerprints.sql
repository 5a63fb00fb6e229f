-- verify/error_fingerprints: events whose fingerprint is not that of what they say.
--
-- params   agent_name  text  optional: events of the runs of this agent alone
-- returns  relation text, key jsonb, stored jsonb, counted jsonb
-- rows     one per event that differs; none when all is well
-- plan     one pass over events; of one agent, an index scan for the events of each run
-- try      \set agent_name Researcher

SELECT 'events' AS relation,
       jsonb_build_object('run_id', e.run_id, 'event_id', e.event_id)         AS key,
       jsonb_build_object('error_fingerprint', e.error_fingerprint)            AS stored,
       jsonb_build_object('error_fingerprint', t.counted_fingerprint)          AS counted
  FROM events AS e
  LEFT JOIN error_texts AS t
    ON t.received_on = e.received_on
   AND t.run_id      = e.run_id
   AND t.event_id    = e.event_id
\if :{?agent_name}
  JOIN runs AS r
    ON r.received_on = e.received_on
   AND r.run_id      = e.run_id
   AND r.agent_name  = :'agent_name'
\endif
 WHERE (e.is_error OR e.error_fingerprint IS NOT NULL)
   AND e.error_fingerprint IS DISTINCT FROM t.counted_fingerprint
 ORDER BY e.run_id, e.event_id;
