-- errors/events: the errors of one group, the newest first.
--
-- params   fingerprint      bigint       the group
-- params   row_limit        bigint       rows at most
-- params   agent            text         optional: errors of runs of this agent alone
-- params   environment      text         optional: errors of runs of this environment alone
-- params   from_at          timestamptz  optional: errors of then or later
-- params   to_at            timestamptz  optional: errors before
-- params   after_timestamp  timestamptz  the time of the error after which the page begins, with after_event_id
-- params   after_run_id     uuid         its run_id, with after_event_id
-- params   after_event_id   uuid         optional: its event_id
-- returns  timestamp timestamp with time zone, event_id uuid, run_id uuid, run_name text, agent_name text, event_type text, name text, type text, text text
-- rows     up to row_limit
-- index    events_error_fingerprint_timestamp_idx, events_pkey, runs_pkey
-- plan     index scans backwards, merged over the partitions until row_limit; look-ups by key
-- try      \set fingerprint 3333897645718831148 \set row_limit 50 \set agent Researcher \set environment production \set from_at '2026-11-16' \set to_at '2026-11-23' \set after_timestamp '2026-11-22 23:59:00+00' \set after_run_id 8552f8ec-923d-432c-9bc4-802c92078534 \set after_event_id 6738206f-76cb-447b-b55e-2647469279a0

WITH page AS MATERIALIZED (
    SELECT e.received_on, e.run_id, e.event_id, e.timestamp
      FROM events AS e
\if :{?distributed}
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
\endif
     WHERE e.error_fingerprint = :'fingerprint'::bigint
\if :{?agent}
\if :{?distributed}
\else
       AND EXISTS (SELECT
                     FROM runs AS r
                    WHERE r.run_id     = e.run_id
                      AND r.agent_name = :'agent'
                   OFFSET 0)
\endif
\endif
\if :{?environment}
\if :{?distributed}
\else
       AND EXISTS (SELECT
                     FROM runs AS v
                    WHERE v.run_id      = e.run_id
                      AND v.environment = :'environment'
                   OFFSET 0)
\endif
\endif
\if :{?from_at}
       AND e.timestamp >= :'from_at'::timestamptz
\endif
\if :{?to_at}
       AND e.timestamp < :'to_at'::timestamptz
\endif
\if :{?after_event_id}
       AND (e.timestamp, e.run_id, e.event_id)
           < (:'after_timestamp'::timestamptz, :'after_run_id'::uuid, :'after_event_id'::uuid)
\endif
     ORDER BY e.timestamp DESC, e.run_id DESC, e.event_id DESC
     LIMIT :'row_limit'::bigint
)
SELECT p.timestamp, p.event_id, p.run_id, r.run_name, r.agent_name, t.event_type, t.name, t.type, t.text
  FROM page        AS p
  JOIN error_texts AS t
    ON t.received_on = p.received_on
   AND t.run_id      = p.run_id
   AND t.event_id    = p.event_id
  JOIN runs AS r
    ON r.run_id = t.run_id
 ORDER BY p.timestamp DESC, p.run_id DESC, p.event_id DESC;
