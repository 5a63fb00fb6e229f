"""The live tail: events as they are committed, each once, in an order that survives reconnects.

The order is that of `ingest_xid`, the transaction that stored an event. Only transactions below the
snapshot's xmin are sent, because none below it can commit any more. Times and sequences have no
such bound: a transaction that began earlier may commit later.

In the stream of one agent, an event is due with the later of two transactions: the one that stored
it, and the one that moved its run to the agent (runs.moved_xid), as a trace's root does when it
arrives after its children.
"""
