-- events/hold_all: block reads and writes of events until the transaction ends; the parent first, as all writers lock it.
--
-- With the DEFAULT partition alone, a reader that had planned before a partition was attached did not see the rows that
-- had moved into it.
--
-- plan     waits for every reader and writer of events; new ones queue after it

LOCK TABLE ONLY events, ONLY events_default IN ACCESS EXCLUSIVE MODE;
