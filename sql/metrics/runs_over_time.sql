-- metrics/runs_over_time: how many runs began in each bucket of a window, and how many of them failed or are active.
--
-- The newest run_limit runs of the window are read. Where there are more, the window begins with the
-- oldest of them. The bucket is the smallest of `steps` of which `most` reach over the window.
--
-- params   run_limit        bigint       runs to read at most
-- params   steps            bigint[]     seconds of a bucket to choose from
-- params   most             bigint       buckets at most
-- params   until_at         timestamptz  the end of the window
-- params   from_at          timestamptz  optional: started then or later; without it the window begins with its oldest run
-- params   to_at            timestamptz  optional: started before
-- params   agent            text         optional: this agent alone
-- params   status           text         optional: active, completed or failed
-- params   silent_since     timestamptz  optional: active, and without an event since
-- params   environment      text         optional: this environment alone
-- params   min_cost         numeric      optional: US dollars
-- params   max_cost         numeric      optional: US dollars
-- params   min_duration_ms  numeric      optional: milliseconds
-- params   has_error        boolean      optional: whether any of its events is an error
-- params   name_pattern     text         optional: the run's name is like this, A to Z in any case
-- params   name_regex       text         optional: a regular expression that the run's name matches
-- params   session_id       text         optional: of this session alone
-- params   user_id          text         optional: of this user alone
-- params   tags             text[]       optional: with all of these tags
-- params   version          text         optional: of this version alone
-- returns  start timestamp with time zone, runs bigint, failed bigint, active bigint, seconds bigint, from_at timestamp with time zone, to_at timestamp with time zone, is_cut boolean
-- rows     one per bucket that has runs
-- index    runs_agent_name_started_at_idx or runs_session_id_idx, runs_user_id_idx, runs_version_idx
-- plan     index scan of the window (runs_started_at_idx without agent), which ends at the limit
-- try      \set run_limit 200000 \set steps '{60, 3600, 86400}' \set most 60 \set until_at '2026-12-24' \set from_at '2026-11-01' \set to_at '2026-12-24' \set agent Researcher \set status failed \set silent_since '2026-11-22 12:00:00+00' \set environment production \set min_cost 0.01 \set max_cost 2.5 \set min_duration_ms 1500 \set has_error true \set name_pattern '%run 1%' \set name_regex 'run 1' \set session_id s-17 \set user_id u-4 \set tags '{test, nightly}' \set version 1.4.0

WITH walked AS MATERIALIZED (
    SELECT r.started_at, r.status,
           true
\if :{?status}
           AND r.status = :'status'
\endif
\if :{?silent_since}
           AND r.status = 'active'
           AND r.last_event_at < :'silent_since'::timestamptz
\endif
\if :{?environment}
           AND r.environment = :'environment'
\endif
\if :{?version}
\if :{?agent}
\else
           AND r.version = :'version'
\endif
\endif
\if :{?tags}
           AND r.tags @> :'tags'::text[]
\endif
\if :{?min_cost}
           AND r.total_cost >= :'min_cost'::numeric
\endif
\if :{?max_cost}
           AND r.total_cost <= :'max_cost'::numeric
\endif
\if :{?min_duration_ms}
           AND r.duration_us >= :'min_duration_ms'::numeric * 1000
\endif
\if :{?has_error}
           AND (r.error_count > 0) = :'has_error'::boolean
\endif
\if :{?name_pattern}
           AND r.run_name ILIKE :'name_pattern'
\endif
\if :{?name_regex}
           AND r.run_name ~ :'name_regex'
\endif
           AS passes
      FROM runs AS r
     WHERE true
\if :{?agent}
       AND r.agent_name = :'agent'
\if :{?version}
       AND r.version = :'version'
\endif
\endif
\if :{?session_id}
       AND r.session_id = :'session_id'
\endif
\if :{?user_id}
       AND r.user_id = :'user_id'
\endif
\if :{?from_at}
       AND r.started_at >= :'from_at'::timestamptz
\endif
\if :{?to_at}
       AND r.started_at < :'to_at'::timestamptz
\endif
     ORDER BY r.started_at DESC, r.run_id DESC
     LIMIT :'run_limit'::bigint
), bounds AS (
    SELECT count(*) >= :'run_limit'::bigint AS is_cut,
\if :{?from_at}
           CASE WHEN count(*) < :'run_limit'::bigint THEN :'from_at'::timestamptz
                ELSE min(w.started_at)
           END AS from_at,
\else
           min(w.started_at) AS from_at,
\endif
           greatest(max(w.started_at), :'until_at'::timestamptz) AS to_at
      FROM walked AS w
), chosen AS (
    SELECT b.is_cut, b.from_at, b.to_at,
           coalesce(min(s.seconds) FILTER (WHERE s.seconds * :'most'::bigint
                                                 >= extract(epoch FROM b.to_at - b.from_at)),
                    max(s.seconds)) AS seconds
      FROM bounds AS b
     CROSS JOIN unnest(:'steps'::bigint[]) AS s (seconds)
     GROUP BY b.is_cut, b.from_at, b.to_at
)
SELECT date_bin(c.seconds * interval '1 second', w.started_at, to_timestamp(0)) AS start,
       count(*)                                       AS runs,
       count(*) FILTER (WHERE w.status = 'failed')    AS failed,
       count(*) FILTER (WHERE w.status = 'active')    AS active,
       c.seconds, c.from_at, c.to_at, c.is_cut
  FROM walked AS w
 CROSS JOIN chosen AS c
 WHERE w.passes
 GROUP BY start, c.seconds, c.from_at, c.to_at, c.is_cut
 ORDER BY start;
