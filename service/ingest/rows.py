"""EventRow: one event as it is stored, whichever source it comes from."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from msgspec import Struct

NULL = r"\N"  # in COPY's text format
PLACE_BITS = 20  # of `tie`; above them are the nanoseconds
LAST_PLACE = 2**PLACE_BITS - 1
BLOCK_BYTES = 1024 * 1024  # of COPY, written at a time


class EventRow(Struct, kw_only=True, gc=False):
    """One checked event. Ids are lower-case hyphenated UUIDs; `timestamp` is aware, in UTC.

    `run_name`, `environment` and `metadata` are what this event requests for its run.
    `cost` is a decimal number as text; `data` and `metadata` are JSON objects.
    A dataclass takes 0.3 µs longer to make.
    """

    run_id: str
    event_id: str
    agent_name: str
    event_type: str
    timestamp: datetime
    timestamp_text: str  # the same in ISO 8601, which takes long to write
    parent_event_id: str | None = None
    previous_event_id: str | None = None
    run_name: str | None = None
    metadata: str | None = None
    environment: str | None = None
    model: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost: str | None = None
    cost_source: str | None = None
    latency_us: int | None = None
    awaits_parent: bool = False  # a span within others: its parent comes, and it is no root
    stamped_at_end: bool  # whether `timestamp` is when the event ended, else when it began
    tie: int = 0  # the order of events of one moment: see `place`
    is_error: bool
    data: bytes

    def place(self, number: int) -> None:
        """Note the row's place in its request, behind the nanoseconds that `tie` has already."""
        self.tie |= min(number, LAST_PLACE)

    @property
    def key(self) -> str:
        """The sort key of every write: (run_id, event_id), as text in the order of the bytes."""
        return self.run_id + self.event_id

    def copy_columns(self) -> bytes:
        """Return the columns of events/copy from run_id on, in COPY's text format."""
        columns = (
            f"{self.run_id}\t{self.event_id}\t{escaped(self.agent_name)}\t"
            f"{escaped(self.event_type)}\t{self.timestamp_text}\t{self.parent_event_id or NULL}\t"
            f"{self.previous_event_id or NULL}\t{escaped(self.model) if self.model else NULL}\t"
            f"{NULL if self.tokens_in is None else self.tokens_in}\t"
            f"{NULL if self.tokens_out is None else self.tokens_out}\t"
            f"{self.cost or NULL}\t{self.cost_source or NULL}\t"
            f"{NULL if self.latency_us is None else self.latency_us}\t{self.stamped_at_end}\t"
            f"{self.tie}\t{self.is_error}\t"
        )
        return columns.encode() + self.data.replace(b"\\", b"\\\\") + b"\n"


def times_of(rows: Iterable[EventRow]) -> tuple[datetime, datetime]:
    """When the first of the rows began, and when the last one ended: sql/schema/event_times.sql.

    One loop, because a property of each row takes twice as long. Without a latency an event is a
    moment.
    """
    moments = []
    for row in rows:
        moments.append(row.timestamp)
        if row.latency_us:
            latency = timedelta(0, 0, row.latency_us)
            moments.append(
                row.timestamp - latency if row.stamped_at_end else row.timestamp + latency
            )
    return min(moments), max(moments)


def escaped(text: str) -> str:
    """Text for COPY: names and JSON hold no raw tab or newline, so only backslashes are doubled."""
    return text.replace("\\", "\\\\") if "\\" in text else text


def blocks(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The parts joined to blocks of about 1 MB, so that a large batch is not held twice."""
    held: list[bytes] = []
    size = 0
    for part in parts:
        held.append(part)
        size += len(part)
        if size >= BLOCK_BYTES:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)
