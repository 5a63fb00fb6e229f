-- runs/lock_some_for_delete: lock some of an agent's runs, in key order, before they are deleted.
--
-- On Citus only an UPDATE locks rows of several shards.
--
-- params   agent_name  text    the agent
-- params   row_limit   bigint  runs at most
-- returns  run_id uuid, received_on date
-- rows     up to row_limit; none when the agent has no run left, or all of them moved away meanwhile
-- index    runs_agent_name_created_at_idx
-- plan     index scan up to the limit, then by key, sort, lock rows
-- try      \set agent_name Researcher \set row_limit 100

\if :{?distributed}
UPDATE runs AS r
   SET updated_at = r.updated_at
\else
SELECT r.run_id, r.received_on
  FROM runs AS r
\endif
 WHERE r.run_id = ANY (ARRAY(SELECT o.run_id
                               FROM runs AS o
                              WHERE o.agent_name = :'agent_name'
                              ORDER BY o.created_at DESC, o.run_id DESC
                              LIMIT :'row_limit'::bigint))
   AND r.agent_name = :'agent_name'  -- again: while it waited for its lock, a run may have moved away
\if :{?distributed}
RETURNING r.run_id, r.received_on;
\else
 ORDER BY r.run_id
   FOR UPDATE;
\endif
