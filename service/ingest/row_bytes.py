"""What the rows of one request may come to: a multiple of its body, counted while they are made.

The attributes of a resource and a scope are stored with each span, so a small body can make many
times its size. Names are dimensions of the metrics, which stay when events go: what is new in a
request on a day adds rows with these names to several tables.
"""

from collections.abc import Sequence

from service.core.validation import MAX_MODEL, MAX_NAME
from service.ingest.json.fields import MAX_EVENT_TYPE
from service.ingest.rows import EventRow

TIMES_THE_BODY = 4
TIMES_THE_NAMES = 12  # in the tables of the metrics and their indexes
LONGEST_NAMES = 4 * (MAX_NAME + MAX_EVENT_TYPE + MAX_MODEL)  # bytes of UTF-8
DATE = len("2026-11-01")  # of a timestamp as text
LARGEST_EVENTS = 16  # so many of the largest size fit in any case


class RowsTooLarge(Exception):
    """Rows that come to more bytes than one request may store: nothing of it is stored."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"What this request would store comes to more than {limit} bytes. Send it in parts: "
            "attributes of a resource and of a scope are stored with each of their spans, and "
            "names of agents, models and event types in the metrics."
        )
        self.limit = limit


class RowBytes:
    """Counts the bytes of a request's rows."""

    def __init__(self, body_bytes: int, max_event_bytes: int) -> None:
        self._limit = TIMES_THE_BODY * body_bytes + LARGEST_EVENTS * max_event_bytes
        self._left = self._limit

    def add(self, row: EventRow) -> None:
        """Count what a row holds; raise RowsTooLarge beyond the limit."""
        self._left -= len(row.data) + (len(row.metadata) if row.metadata else 0)
        if self._left < 0:
            raise RowsTooLarge(self._limit)

    def add_names(self, rows: Sequence[EventRow]) -> None:
        """Count what all rows add to the metrics; raise RowsTooLarge beyond the limit."""
        if len(rows) * TIMES_THE_NAMES * LONGEST_NAMES <= self._left:
            return  # as nearly always: whatever the names are
        counted = {
            (row.agent_name, row.event_type, row.model or "", row.timestamp_text[:DATE])
            for row in rows
        }
        for agent_name, event_type, model, _ in counted:
            self._left -= TIMES_THE_NAMES * len((agent_name + event_type + model).encode())
        if self._left < 0:
            raise RowsTooLarge(self._limit)
