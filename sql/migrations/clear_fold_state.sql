-- migrations/clear_fold_state: delete the row that the migrations made, before a dump brings its own.
--
-- plan     one row

DELETE FROM fold_state;
