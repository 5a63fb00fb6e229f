-- runs/add_totals: add the sums of new events to their runs, and the runs' changes to the deltas.
--
-- A run's own part of the metrics (its existence, outcome and duration) is at the quarter hour of its start. What
-- the run counted for when it was held is taken away there, and what it counts for now is appended where it starts now.
--
-- params   run_ids       uuid[]         the runs, held
-- params   started_ats   timestamptz[]  the earliest beginning of a new event
-- params   ended_ats     timestamptz[]  the latest end of a new event
-- params   last_ats      timestamptz[]  the latest timestamp of a new event
-- params   event_counts  bigint[]
-- params   error_counts  bigint[]
-- params   costs         numeric[]
-- params   tokens_in     bigint[]
-- params   tokens_out    bigint[]
-- params   cached_tokens bigint[]
-- params   cache_write_tokens bigint[]
-- params   reasoning_tokens bigint[]
-- params   statuses      text[]         their statuses now
-- params   pending_ends  text[]         of each run the array of events that an agent_end names and the run lacks, as text; NULL: as it is
-- params   awaited_spans text[]         of each run the array of spans that its calls wait for, as text; NULL: as it is
-- params   held_started_ats  timestamptz[]  its start when it was held; NULL: this transaction made the run
-- params   held_statuses text[]         its status when it was held
-- params   held_durations_us bigint[]   its duration when it was held
-- index    runs_pkey
-- plan     one index look-up per run; HOT updates, but where a run starts earlier; one row per agent and
--          quarter hour appended
-- try      \set run_ids '{}' \set started_ats '{}' \set ended_ats '{}' \set last_ats '{}' \set event_counts '{}' \set error_counts '{}' \set costs '{}' \set tokens_in '{}' \set tokens_out '{}' \set cached_tokens '{}' \set cache_write_tokens '{}' \set reasoning_tokens '{}' \set statuses '{}' \set pending_ends '{}' \set awaited_spans '{}' \set held_started_ats '{}' \set held_statuses '{}' \set held_durations_us '{}'

WITH changed AS (
    UPDATE runs AS r
       SET started_at         = least(r.started_at, n.started_at),
           ended_at           = greatest(r.ended_at, n.ended_at),
           last_event_at      = greatest(r.last_event_at, n.last_at),
           duration_us        = (extract(epoch FROM greatest(r.ended_at, n.ended_at)
                                                  - least(r.started_at, n.started_at)) * 1000000)::bigint,
           status             = n.status,
           pending_ends       = coalesce(string_to_array(btrim(n.pending_ends, '{}'), ',')::uuid[], r.pending_ends),
           awaited_spans      = coalesce(string_to_array(btrim(n.awaited_spans, '{}'), ',')::uuid[], r.awaited_spans),
           event_count        = r.event_count        + n.event_count,
           error_count        = r.error_count        + n.error_count,
           total_cost         = r.total_cost         + n.cost,
           tokens_in          = r.tokens_in          + n.tokens_in,
           tokens_out         = r.tokens_out         + n.tokens_out,
           cached_tokens      = r.cached_tokens      + n.cached_tokens,
           cache_write_tokens = r.cache_write_tokens + n.cache_write_tokens,
           reasoning_tokens   = r.reasoning_tokens   + n.reasoning_tokens,
           updated_at         = now()
      FROM unnest(:'run_ids'::uuid[], :'started_ats'::timestamptz[], :'ended_ats'::timestamptz[],
                  :'last_ats'::timestamptz[], :'event_counts'::bigint[], :'error_counts'::bigint[],
                  :'costs'::numeric[], :'tokens_in'::bigint[], :'tokens_out'::bigint[],
                  :'cached_tokens'::bigint[], :'cache_write_tokens'::bigint[], :'reasoning_tokens'::bigint[],
                  :'statuses'::text[], :'pending_ends'::text[], :'awaited_spans'::text[],
                  :'held_started_ats'::timestamptz[], :'held_statuses'::text[], :'held_durations_us'::bigint[])
        AS n (run_id, started_at, ended_at, last_at, event_count, error_count, cost, tokens_in,
              tokens_out, cached_tokens, cache_write_tokens, reasoning_tokens,
              status, pending_ends, awaited_spans, held_started_at, held_status, held_duration_us)
     WHERE r.run_id = n.run_id
\if :{?distributed}
       AND r.run_id = ANY (:'run_ids'::uuid[])
\endif
    RETURNING r.agent_name, r.started_at, r.status, r.duration_us,
              n.held_started_at, n.held_status, n.held_duration_us
)
INSERT INTO metric_deltas (quarter_hour, agent_name, runs, completed, failed, duration_us)
SELECT date_bin('15 minutes', v.started_at, '1970-01-01 00:00:00+00') AS quarter_hour, c.agent_name,
       sum(v.sign),
       sum(v.sign * (v.status = 'completed')::integer),
       sum(v.sign * (v.status = 'failed')::integer),
       sum(v.sign * v.duration_us)
  FROM changed AS c
 CROSS JOIN LATERAL (VALUES ( 1, c.started_at, c.status, c.duration_us),
                            (-1, c.held_started_at, c.held_status, c.held_duration_us))
    AS v (sign, started_at, status, duration_us)
 WHERE v.started_at IS NOT NULL
 GROUP BY quarter_hour, c.agent_name
HAVING (sum(v.sign), sum(v.sign * (v.status = 'completed')::integer),
        sum(v.sign * (v.status = 'failed')::integer), sum(v.sign * v.duration_us)) <> (0, 0, 0, 0);
