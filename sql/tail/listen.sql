-- tail/listen: let this session be told when events may have come in.
--
-- plan     a registration of the session, on a server that takes writes

LISTEN gati_events;
