-- runs/note_move: record the transaction that moved runs to another agent, for the live tails of that agent.
--
-- A statement of its own, because Citus allows no pg_current_xact_id() within CASE. Few runs ever move.
--
-- params   run_ids  uuid[]  the runs, held
-- index    runs_pkey
-- plan     one index look-up per run
-- try      \set run_ids '{}'

UPDATE runs AS r
   SET moved_xid = pg_current_xact_id()
 WHERE r.run_id = ANY (:'run_ids'::uuid[]);
