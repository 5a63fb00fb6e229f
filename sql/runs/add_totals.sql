-- runs/add_totals: add the sums of new events to their runs, and the runs' changes to the deltas.
--
-- A run's own part of the metrics (its existence, outcome and duration) is appended as the new values minus
-- those read under the lock, so it is right whatever was counted before.
--
-- params   run_ids       uuid[]         the runs, held
-- params   first_ats     timestamptz[]  the time of the earliest new event
-- params   last_ats      timestamptz[]  the time of the latest new event
-- params   event_counts  bigint[]
-- params   error_counts  bigint[]
-- params   costs         numeric[]
-- params   tokens_in     bigint[]
-- params   tokens_out    bigint[]
-- params   ended         boolean[]      an agent_end is among them
-- params   failed        boolean[]      an agent_end or error that is an error is among them
-- params   born          boolean[]      this transaction made the run
-- params   held_statuses text[]         its status when it was held
-- params   held_durations_us bigint[]   its duration when it was held
-- index    runs_pkey
-- plan     one index look-up per run; HOT updates; one row per agent and quarter hour appended
-- try      \set run_ids '{}' \set first_ats '{}' \set last_ats '{}' \set event_counts '{}' \set error_counts '{}' \set costs '{}' \set tokens_in '{}' \set tokens_out '{}' \set ended '{}' \set failed '{}' \set born '{}' \set held_statuses '{}' \set held_durations_us '{}'

WITH changed AS (
    UPDATE runs AS r
       SET started_at    = least(r.started_at, n.first_at),
           last_event_at = greatest(r.last_event_at, n.last_at),
           duration_us   = (extract(epoch FROM greatest(r.last_event_at, n.last_at)
                                             - least(r.started_at, n.first_at)) * 1000000)::bigint,
           status        = CASE WHEN n.failed OR r.status = 'failed'    THEN 'failed'
                                WHEN n.ended  OR r.status = 'completed' THEN 'completed'
                                ELSE 'active' END,
           event_count   = r.event_count + n.event_count,
           error_count   = r.error_count + n.error_count,
           total_cost    = r.total_cost  + n.cost,
           tokens_in     = r.tokens_in   + n.tokens_in,
           tokens_out    = r.tokens_out  + n.tokens_out,
           updated_at    = now()
      FROM unnest(:'run_ids'::uuid[], :'first_ats'::timestamptz[], :'last_ats'::timestamptz[],
                  :'event_counts'::bigint[], :'error_counts'::bigint[], :'costs'::numeric[],
                  :'tokens_in'::bigint[], :'tokens_out'::bigint[], :'ended'::boolean[],
                  :'failed'::boolean[], :'born'::boolean[], :'held_statuses'::text[],
                  :'held_durations_us'::bigint[])
        AS n (run_id, first_at, last_at, event_count, error_count, cost, tokens_in, tokens_out,
              ended, failed, born, held_status, held_duration_us)
     WHERE r.run_id = n.run_id
    RETURNING r.agent_name,
              date_bin('15 minutes', r.created_at, '1970-01-01 00:00:00+00') AS quarter_hour,
              n.born::integer                                                AS runs,
              (r.status = 'completed')::integer - (n.held_status = 'completed')::integer AS completed,
              (r.status = 'failed')::integer    - (n.held_status = 'failed')::integer    AS failed,
              r.duration_us - n.held_duration_us                             AS duration_us
)
INSERT INTO metric_deltas (quarter_hour, agent_name, runs, completed, failed, duration_us)
SELECT c.quarter_hour, c.agent_name,
       sum(c.runs), sum(c.completed), sum(c.failed), sum(c.duration_us)
  FROM changed AS c
 WHERE (c.runs, c.completed, c.failed, c.duration_us) <> (0, 0, 0, 0)
 GROUP BY c.quarter_hour, c.agent_name;
