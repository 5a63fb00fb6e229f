-- events/create_stage: the writer's own table for incoming rows; emptied at each commit.
--
-- params   none
-- returns  nothing
-- rows     none
-- index    none
-- plan     none: a definition, once per connection
-- try      (no parameters)

CREATE TEMPORARY TABLE stage (
    request_no        integer,
    position          integer,
    received_on       date,
    run_id            uuid,
    event_id          uuid,
    agent_name        text,
    event_type        text,
    timestamp         timestamptz,
    parent_event_id   uuid,
    previous_event_id uuid,
    model             text,
    tokens_in         bigint,
    tokens_out        bigint,
    cost              numeric,
    cost_source       text,
    latency_us        bigint,
    is_error          boolean,
    data              jsonb
) ON COMMIT DELETE ROWS;
-- events/fill_stage: copy incoming rows into the stage, sorted by (run_id, event_id), no pair twice.
--
-- params   none
-- returns  nothing
-- rows     none
-- index    none
-- plan     none: a copy
-- try      (in a session that ran events/create_stage.sql)

COPY stage (request_no, position, received_on, run_id, event_id, agent_name, event_type, timestamp,
            parent_event_id, previous_event_id, model, tokens_in, tokens_out, cost, cost_source,
            latency_us, is_error, data)
FROM STDIN;
-- events/add: store the staged events, add them to their runs' totals, and name the duplicates.
--
-- The runs are held by this transaction, so their totals are what they were when it began to wait
-- for them. Totals come from the rows that were new, never from the stage: resending counts nothing.
--
-- params   none
-- returns  request_no integer, position integer
-- rows     one per staged event that was stored already
-- index    events_pkey, runs_pkey
-- plan     stage in its own order into one partition, hash aggregate, one index look-up per run
-- try      (in a session that ran events/create_stage.sql)

WITH new AS (
    INSERT INTO events (received_on, run_id, event_id, agent_name, event_type, timestamp,
                        parent_event_id, previous_event_id, model, tokens_in, tokens_out,
                        cost, cost_source, latency_us, is_error, data, ingest_xid)
    SELECT s.received_on, s.run_id, s.event_id, s.agent_name, s.event_type, s.timestamp,
           s.parent_event_id, s.previous_event_id, s.model, s.tokens_in, s.tokens_out,
           s.cost, s.cost_source, s.latency_us, s.is_error, s.data,
           (SELECT pg_current_xact_id()::text::bigint)
      FROM stage AS s
     ORDER BY s.run_id, s.event_id
        ON CONFLICT (received_on, run_id, event_id) DO NOTHING
    RETURNING run_id, event_id, event_type, timestamp, tokens_in, tokens_out, cost, is_error
), sums AS (
    SELECT n.run_id,
           min(n.timestamp)                  AS first_at,
           max(n.timestamp)                  AS last_at,
           count(*)                          AS event_count,
           count(*) FILTER (WHERE n.is_error) AS error_count,
           coalesce(sum(n.tokens_in), 0)     AS tokens_in,
           coalesce(sum(n.tokens_out), 0)    AS tokens_out,
           coalesce(sum(n.cost), 0)          AS cost,
           bool_or(n.event_type = 'agent_end') AS ended,
           bool_or(n.is_error AND n.event_type IN ('agent_end', 'error')) AS failed
      FROM new AS n
     GROUP BY n.run_id
), changed AS (
    UPDATE runs AS r
       SET started_at    = least(r.started_at, s.first_at),
           last_event_at = greatest(r.last_event_at, s.last_at),
           duration_us   = (extract(epoch FROM greatest(r.last_event_at, s.last_at)
                                             - least(r.started_at, s.first_at)) * 1000000)::bigint,
           status        = CASE WHEN s.failed OR r.status = 'failed'   THEN 'failed'
                                WHEN s.ended  OR r.status = 'completed' THEN 'completed'
                                ELSE 'active' END,
           event_count   = r.event_count + s.event_count,
           error_count   = r.error_count + s.error_count,
           total_cost    = r.total_cost  + s.cost,
           tokens_in     = r.tokens_in   + s.tokens_in,
           tokens_out    = r.tokens_out  + s.tokens_out,
           updated_at    = now()
      FROM sums AS s
     WHERE r.run_id = s.run_id
)
SELECT s.request_no, s.position
  FROM stage AS s
 WHERE NOT EXISTS (SELECT
                     FROM new AS n
                    WHERE n.run_id   = s.run_id
                      AND n.event_id = s.event_id);
