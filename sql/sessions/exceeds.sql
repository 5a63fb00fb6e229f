-- sessions/exceeds: whether more runs than a limit pass the filters of a list.
--
-- params   run_limit  bigint       the limit
-- params   agent      text         the agent of the runs
-- params   user_id    text         optional: runs of this user alone
-- params   from_at    timestamptz  optional: runs started then or later
-- params   to_at      timestamptz  optional: runs started before
-- returns  exceeds boolean
-- rows     one
-- index    runs_agent_name_started_at_idx or runs_user_id_idx
-- plan     index-only scan, which ends at the limit; of a user the runs, by runs_user_id_idx where those are fewer
-- try      \set run_limit 2000 \set agent Researcher \set user_id u-4 \set from_at '2026-11-01' \set to_at '2026-12-24'

SELECT count(*) > :'run_limit'::bigint AS exceeds
  FROM (SELECT r.run_id
          FROM runs AS r
         WHERE r.agent_name = :'agent'
\if :{?user_id}
           AND r.user_id = :'user_id'
\endif
\if :{?from_at}
           AND r.started_at >= :'from_at'::timestamptz
\endif
\if :{?to_at}
           AND r.started_at < :'to_at'::timestamptz
\endif
         LIMIT :'run_limit'::bigint + 1) AS w;
