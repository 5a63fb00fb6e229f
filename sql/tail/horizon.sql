-- tail/horizon: below which transaction everything is decided, and which numbers are still to come.
--
-- What is committed below `horizon` is all there ever will be: nothing can come in between any more. It
-- is the oldest transaction of the whole server, in any of its databases, that has written and not ended.
--
-- params   none
-- returns  horizon bigint, next bigint
-- rows     one
-- index    none
-- plan     a look at the snapshot
-- try      (no parameters)

SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon,
       pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next;
