-- tail/listen: subscribe this session to the notification that events may have been stored.
--
-- plan     a registration of the session, on a server that takes writes

LISTEN gati_events;
