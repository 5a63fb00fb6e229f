-- runs/lock_some_for_delete: lock some of an agent's runs, in key order, before they are deleted.
--
-- So many events are deleted within the time of a statement, whatever runs they are of. On Citus only an UPDATE locks rows
-- of several shards.
--
-- params   agent_name      text         the agent
-- params   row_limit       bigint       runs at most
-- params   event_limit     bigint       events at most that they have, but of the last one
-- params   created_before  timestamptz  none that is newer; not given: all
-- returns  run_id uuid, received_on date
-- rows     up to row_limit; none when the agent has no run left, or all of them moved away meanwhile
-- index    runs_agent_name_created_at_idx
-- plan     index scan up to the limit, then by key, sort, lock rows
-- try      \set agent_name Researcher \set row_limit 100 \set event_limit 20000 \set created_before 2100-01-01

\if :{?distributed}
UPDATE runs AS r
   SET updated_at = r.updated_at
\else
SELECT r.run_id, r.received_on
  FROM runs AS r
\endif
 WHERE r.run_id = ANY (ARRAY(SELECT n.run_id
                               FROM (SELECT o.run_id,
                                            sum(o.event_count) OVER (ORDER BY o.created_at DESC, o.run_id DESC
                                                                     ROWS UNBOUNDED PRECEDING) - o.event_count
                                              AS events_before
                                       FROM (SELECT l.run_id, l.created_at, l.event_count
                                               FROM runs AS l
                                              WHERE l.agent_name = :'agent_name'
\if :{?created_before}
                                                AND l.created_at < :'created_before'::timestamptz
\endif
                                              ORDER BY l.created_at DESC, l.run_id DESC
                                              LIMIT :'row_limit'::bigint) AS o) AS n
                              WHERE n.events_before < :'event_limit'::bigint))
   AND r.agent_name = :'agent_name'  -- again: while it waited for its lock, a run may have moved away
\if :{?distributed}
RETURNING r.run_id, r.received_on;
\else
 ORDER BY r.run_id
   FOR UPDATE;
\endif
