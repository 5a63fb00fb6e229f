"""What the rows of one request may come to: a multiple of its body, counted while they are made.

The attributes of a resource and a scope are stored with each span, so a small body can make many
times its size.
"""

from service.ingest.rows import EventRow

TIMES_THE_BODY = 4
LARGEST_EVENTS = 16  # so many of the largest size fit in any case


class RowsTooLarge(Exception):
    """Rows that come to more bytes than one request may store: nothing of it is stored."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"What this request would store comes to more than {limit} bytes. Send it in parts: "
            "attributes of a resource and of a scope are stored with each of their spans."
        )
        self.limit = limit


class RowBytes:
    """Counts the bytes of a request's rows."""

    def __init__(self, body_bytes: int, max_event_bytes: int) -> None:
        self._limit = TIMES_THE_BODY * body_bytes + LARGEST_EVENTS * max_event_bytes
        self._left = self._limit

    def add(self, row: EventRow) -> None:
        """Count a row; raise RowsTooLarge beyond the limit."""
        self._left -= len(row.data) + (len(row.metadata) if row.metadata else 0)
        if self._left < 0:
            raise RowsTooLarge(self._limit)
