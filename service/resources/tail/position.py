"""Positions in the live tail, between two events, and their text, which `Last-Event-ID` holds.

The text is `XID/RUN_ID/EVENT_ID` after an event, and `XID` before a whole transaction, which may be
a future one.
"""

from dataclasses import dataclass

from service.core.integers import read_integer
from service.core.validation import to_uuid

MAX_XID = 2**63 - 1
LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"


@dataclass(frozen=True, order=True)
class StreamPosition:
    """After the event with this key that is due with this transaction."""

    xid: int
    run_id: str = LAST_ID
    event_id: str = LAST_ID

    @classmethod
    def before(cls, xid: int) -> "StreamPosition":
        """The position before a transaction: after every possible event of the previous one."""
        return cls(xid - 1)

    @classmethod
    def parse(cls, text: str) -> "StreamPosition | None":
        """Read a position; None for a text that this service never wrote."""
        number, *key = text.split("/")
        try:
            xid = read_integer(number, 1, MAX_XID)
        except ValueError:
            return None
        if not key:
            return cls.before(xid)
        ids = [found for part in key if (found := to_uuid(part))]
        return cls(xid, *ids) if len(ids) == len(key) == 2 else None

    def __str__(self) -> str:
        if self == StreamPosition(self.xid):
            return str(self.xid + 1)
        return f"{self.xid}/{self.run_id}/{self.event_id}"
