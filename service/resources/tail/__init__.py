"""The live tail: events as they are committed, each once, in an order that reconnects can go on in.

The order is that of `ingest_xid`, the transaction that stored an event, and only what lies below
the snapshot's xmin is sent: no transaction below it can commit any more. Times and sequences have
no such point, for a transaction that began sooner may commit later.

For the stream of one agent an event is due with the later one of two transactions: the one that
stored it, and the one that gave its run to the agent (runs.moved_xid), as the root of a trace does
when it arrives behind its children.
"""
