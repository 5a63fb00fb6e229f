"""A place between two events of the tail, and how it is written: what `Last-Event-ID` holds.

Behind an event it is `XID/RUN_ID/EVENT_ID`; in front of a whole transaction, which may be still to
come, `XID`.
"""

from dataclasses import dataclass

from service.core.validation import to_uuid

MAX_XID = 2**63 - 1
LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"


@dataclass(frozen=True, order=True)
class StreamPosition:
    """Behind the event of this key that was due with this transaction."""

    xid: int
    run_id: str = LAST_ID
    event_id: str = LAST_ID

    @classmethod
    def before(cls, xid: int) -> "StreamPosition":
        """The place in front of a transaction: behind all that the one before it could hold."""
        return cls(xid - 1)

    @classmethod
    def parse(cls, text: str) -> "StreamPosition | None":
        """Read one back; None for what this service never wrote."""
        number, *key = text.split("/")
        if not (number.isascii() and number.isdigit() and 0 < int(number[:20]) <= MAX_XID):
            return None
        if not key:
            return cls.before(int(number))
        ids = [found for part in key if (found := to_uuid(part))]
        return cls(int(number), *ids) if len(ids) == len(key) == 2 else None

    def __str__(self) -> str:
        if self == StreamPosition(self.xid):
            return str(self.xid + 1)
        return f"{self.xid}/{self.run_id}/{self.event_id}"
