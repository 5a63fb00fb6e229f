-- verify/hold_retired: block changes of retired_metrics until the transaction ends.
--
-- Else retention could sum quarter hours up to days while a rebuild, which does not see it, counts them. The first
-- statement of the transaction: LOCK itself takes no snapshot.
--
-- plan     waits for retention, and for an agent that is being deleted; does not block readers

LOCK TABLE retired_metrics IN SHARE MODE;
