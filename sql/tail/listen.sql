-- tail/listen: let this session be told when events may have come in.
--
-- params   none
-- returns  nothing
-- rows     none
-- index    none
-- plan     none: a registration of the session, on a server that takes writes
-- try      (no parameters)

LISTEN gati_events;
