-- events/hold_default: block writes to the DEFAULT partition until the transaction ends; reads go on.
--
-- plan     waits for writers of the DEFAULT partition

LOCK TABLE ONLY events_default IN SHARE ROW EXCLUSIVE MODE;
