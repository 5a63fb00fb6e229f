-- errors/newest: the newest error of each group of errors/groups, in the same snapshot.
--
-- params   fingerprints  bigint[]       the groups
-- params   last_ats      timestamptz[]  their last_at, beside the fingerprints
-- params   received_ons  date[]         their received_on
-- params   agent         text           optional: errors of runs of this agent alone
-- params   environment   text           optional: errors of runs of this environment alone
-- returns  error_fingerprint bigint, event_id uuid, run_id uuid, run_name text, agent_name text, event_type text, name text, type text, text text
-- rows     one per group
-- index    events_error_fingerprint_timestamp_idx, events_pkey, runs_pkey
-- plan     an index scan in one partition for each group, look-ups by key
-- try      \set fingerprints '{3333897645718831148}' \set last_ats '{2026-11-22 23:59:00+00}' \set received_ons '{2026-11-22}' \set agent Researcher \set environment production

WITH newest AS MATERIALIZED (
    SELECT DISTINCT ON (e.error_fingerprint)
           e.error_fingerprint, e.received_on, e.run_id, e.event_id
      FROM unnest(:'fingerprints'::bigint[], :'last_ats'::timestamptz[], :'received_ons'::date[])
           AS g (error_fingerprint, last_at, received_on)
      JOIN events AS e
        ON e.received_on       = g.received_on
       AND e.error_fingerprint = g.error_fingerprint
       AND e.timestamp         = g.last_at
\if :{?agent}
      JOIN runs AS r
        ON r.run_id     = e.run_id
       AND r.agent_name = :'agent'
\endif
\if :{?environment}
      JOIN runs AS v
        ON v.run_id      = e.run_id
       AND v.environment = :'environment'
\endif
     ORDER BY e.error_fingerprint, e.tie DESC, e.run_id DESC, e.event_id DESC
), said AS MATERIALIZED (  -- else the events could be looked up by their runs' ids alone, in each partition
    SELECT n.error_fingerprint, n.event_id, n.run_id, t.event_type, t.name, t.type, t.text
      FROM newest      AS n
      JOIN error_texts AS t
        ON t.received_on = n.received_on
       AND t.run_id      = n.run_id
       AND t.event_id    = n.event_id
)
SELECT s.error_fingerprint, s.event_id, s.run_id, r.run_name, r.agent_name, s.event_type, s.name, s.type, s.text
  FROM said AS s
  JOIN runs AS r
    ON r.run_id = s.run_id
 ORDER BY s.error_fingerprint;
