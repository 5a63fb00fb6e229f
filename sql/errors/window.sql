-- errors/window: the moment up to which a window has too many errors to group.
--
-- params   from_at      timestamptz  errors of then or later
-- params   to_at        timestamptz  errors before
-- params   error_limit  bigint       errors at most
-- returns  timestamp timestamp with time zone
-- rows     one; none when the window is small enough
-- index    events_timestamp_error_fingerprint_run_id_idx
-- plan     index-only scan of the window, backwards, which ends at the limit
-- try      \set from_at '2026-11-16' \set to_at '2026-11-23' \set error_limit 100000

SELECT e.timestamp
  FROM events AS e
 WHERE e.error_fingerprint IS NOT NULL
   AND e.timestamp >= :'from_at'::timestamptz
   AND e.timestamp <  :'to_at'::timestamptz
 ORDER BY e.timestamp DESC, e.run_id DESC
OFFSET :'error_limit'::bigint
 LIMIT 1;
