-- messages/events: what messages of log records have to know of events, to become their content.
--
-- params   received_ons  date[]  the days of their runs
-- params   run_ids       uuid[]  their runs, held, beside the days
-- params   event_ids     uuid[]  the events, beside the runs
-- returns  run_id uuid, event_id uuid, event_type text, has_ended boolean, has_input boolean, has_output boolean, is_input_of_logs boolean, is_output_of_logs boolean, bytes integer
-- rows     one per event that is stored; bytes: of its data without what messages became, NULL where it takes no message
-- index    events_pkey
-- plan     one look-up in one partition per event; OFFSET 0 as in events/stored. #> '{}' is all of the data, read and
--          decompressed once, where each of the operators would do that again
-- try      \set received_ons '{2026-11-23}' \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}' \set event_ids '{6738206f-76cb-447b-b55e-2647469279a0}'

SELECT k.run_id, k.event_id, e.event_type,
       e.latency_us IS NOT NULL AS has_ended,
       e.data ? 'input'  AND e.data #>> '{otel,taken,input}'  IS DISTINCT FROM '/v1/logs' AS has_input,
       e.data ? 'output' AND e.data #>> '{otel,taken,output}' IS DISTINCT FROM '/v1/logs' AS has_output,
       e.data #>> '{otel,taken,input}'  IS NOT DISTINCT FROM '/v1/logs' AS is_input_of_logs,
       e.data #>> '{otel,taken,output}' IS NOT DISTINCT FROM '/v1/logs' AS is_output_of_logs,
       CASE WHEN (e.event_type = 'agent_end'
                  OR e.data ? 'input'  AND e.data #>> '{otel,taken,input}'  IS DISTINCT FROM '/v1/logs')
             AND (e.event_type = 'agent_start'
                  OR e.data ? 'output' AND e.data #>> '{otel,taken,output}' IS DISTINCT FROM '/v1/logs')
            THEN NULL
            ELSE octet_length((e.data - array_remove(
                ARRAY[CASE WHEN e.data #>> '{otel,taken,input}'  = '/v1/logs' THEN 'input'  END,
                      CASE WHEN e.data #>> '{otel,taken,output}' = '/v1/logs' THEN 'output' END],
                NULL))::text) END AS bytes
  FROM unnest(:'received_ons'::date[], :'run_ids'::uuid[], :'event_ids'::uuid[])
    AS k (received_on, run_id, event_id)
\if :{?distributed}
  JOIN events AS e
    ON e.received_on = k.received_on
   AND e.run_id      = k.run_id
   AND e.event_id    = k.event_id
   AND e.run_id      = ANY (:'run_ids'::uuid[])
\else
 CROSS JOIN LATERAL (SELECT e.event_type, e.latency_us, e.data #> '{}' AS data
                       FROM events AS e
                      WHERE e.received_on = k.received_on
                        AND e.run_id      = k.run_id
                        AND e.event_id    = k.event_id
                     OFFSET 0) AS e
\endif
 ORDER BY k.run_id, k.event_id;
