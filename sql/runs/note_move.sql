-- runs/note_move: note with which transaction runs came to another agent: live tails of that agent go by it.
--
-- By itself, since Citus takes no function of a transaction within CASE; few runs ever move.
--
-- params   run_ids  uuid[]  the runs, held
-- index    runs_pkey
-- plan     one index look-up per run
-- try      \set run_ids '{}'

UPDATE runs AS r
   SET moved_xid = pg_current_xact_id()
 WHERE r.run_id = ANY (:'run_ids'::uuid[]);
