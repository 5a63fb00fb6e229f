-- sessions/find: what the runs of a session add up to, or its newest ones where it has very many.
--
-- params   session_id  text    the session
-- params   run_limit   bigint  runs to add up at most
-- returns  name text, user_id text, agents text[], agent_count integer, runs bigint, active bigint, failed bigint, total_cost numeric, tokens_in numeric, tokens_out numeric, event_count numeric, error_count numeric, first_seen timestamp with time zone, last_seen timestamp with time zone, truncated boolean
-- rows     one; none when no run is of the session; agents: the first 100. truncated: run_limit runs are added up, and there may be more
-- index    runs_session_id_idx
-- plan     index scan of the session's runs, newest first, which ends at the limit; aggregate
-- try      \set session_id s-17 \set run_limit 100000

SELECT r.session_id AS name,
       (array_agg(r.user_id ORDER BY r.started_at DESC, r.run_id DESC))[1] AS user_id,
       (array_agg(DISTINCT r.agent_name ORDER BY r.agent_name))[1:100] AS agents,
       cardinality(array_agg(DISTINCT r.agent_name ORDER BY r.agent_name)) AS agent_count,
       count(*)                                          AS runs,
       count(*) FILTER (WHERE r.status = 'active')       AS active,
       count(*) FILTER (WHERE r.status = 'failed')       AS failed,
       sum(r.total_cost)                                 AS total_cost,
       sum(r.tokens_in)                                  AS tokens_in,
       sum(r.tokens_out)                                 AS tokens_out,
       sum(r.event_count)                                AS event_count,
       sum(r.error_count)                                AS error_count,
       min(r.started_at)                                 AS first_seen,
       max(r.last_event_at)                              AS last_seen,
       count(*) >= :'run_limit'::bigint                  AS truncated
  FROM (SELECT w.session_id, w.user_id, w.agent_name, w.status, w.total_cost, w.tokens_in, w.tokens_out,
               w.event_count, w.error_count, w.started_at, w.last_event_at, w.run_id
          FROM runs AS w
         WHERE w.session_id = :'session_id'
         ORDER BY w.started_at DESC, w.run_id DESC
         LIMIT :'run_limit'::bigint) AS r
 GROUP BY r.session_id;
