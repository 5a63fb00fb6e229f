-- retention/lock_scores: block the storing of scores until the transaction ends; reads go on.
--
-- A statement that waits for it sees the ids of the removed runs afterwards, and stores no score for them.
--
-- plan     waits for writers of scores

LOCK TABLE scores IN SHARE ROW EXCLUSIVE MODE;
