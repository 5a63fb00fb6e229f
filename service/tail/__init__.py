"""The live tail: events as they are committed, each once, in an order that reconnects can go on in.

The order is that of `ingest_xid`, the transaction that stored an event, and only what lies below
the snapshot's xmin is sent: no transaction below it can commit any more. Times and sequences have
no such point, for a transaction that began sooner may commit later.
"""

from service.tail.place import Place
from service.tail.stream import Stream

__all__ = ["Place", "Stream"]
