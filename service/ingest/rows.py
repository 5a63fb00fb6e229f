"""EventRow: one event as it is stored, whichever source it comes from."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from operator import attrgetter

from msgspec import Struct

from service.ingest.run_fields import RunFields

AGENT_START = "agent_start"
NULL = r"\N"  # in COPY's text format
NO_ERROR = f"False\t{NULL}"
NO_PARTS = f"{NULL}\t{NULL}\t{NULL}"
PLACE_BITS = 20  # of `tie`, more than a request has events; above them are the nanoseconds
TIMESTAMP = attrgetter("timestamp")
Times = tuple[datetime, datetime]  # when events began and ended
BLOCK_BYTES = 1024 * 1024  # of COPY, written at a time


class Call(Struct, gc=False):
    """What tells a call of a model that says its usage from one that repeats it; of spans."""

    scope: str | None  # the instrumentation's
    response_id: str | None


class TokenParts(Struct, frozen=True, gc=False):
    """The tokens of a call that are part of those in and out, as columns; None where not said."""

    cached_tokens: int | None = None  # in, read from a cache
    cache_write_tokens: int | None = None  # in, written to a cache
    reasoning_tokens: int | None = None  # out

    @property
    def columns(self) -> str:
        """The three columns, in COPY's text format."""
        counts = (self.cached_tokens, self.cache_write_tokens, self.reasoning_tokens)
        return "\t".join([NULL if count is None else str(count) for count in counts])


def parts_of(cached: int | None, written: int | None, reasoning: int | None) -> TokenParts | None:
    """The parts that are said; None where none is, as mostly."""
    if cached is None and written is None and reasoning is None:
        return None
    return TokenParts(cached, written, reasoning)


class EventRow(Struct, kw_only=True, gc=False):
    """One checked event. Ids are lower-case hyphenated UUIDs; `timestamp` is aware, in UTC.

    `run_name`, `environment` and `metadata` are what this event requests for its run, `run_fields`
    what it says of it: see run_fields.py.
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
    run_fields: RunFields | None = None
    model: str | None = None
    tool: str | None = None  # of a tool_call
    tokens_in: int | None = None
    tokens_out: int | None = None
    token_parts: TokenParts | None = None
    cost: str | None = None
    cost_source: str | None = None
    latency_us: int | None = None
    awaits_parent: bool = False  # a span within others: its parent comes, and it is no root
    stamped_at_end: bool  # whether `timestamp` is when the event ended, else when it began
    tie: int = 0  # among events of one moment: nanoseconds, and the place in the request
    is_error: bool
    error_fingerprint: int | None = None  # of an error: service/ingest/error_fingerprint.py
    data: bytes
    call: Call | None = None  # of a span that is a call with usage
    is_of_ended_agent: bool = False  # the start of an agent's span that has ended
    repeats: str | None = None  # of a call: the event that counts in its place
    priced_as: str | None = None  # as JSON, the price that a computed cost comes from

    @property
    def key(self) -> str:
        """The sort key of every write: (run_id, event_id), as text in the order of the bytes."""
        return self.run_id + self.event_id

    @property
    def is_open(self) -> bool:
        """Whether this is a span that has not ended, and no agent."""
        return (
            not self.stamped_at_end and self.latency_us is None and self.event_type != AGENT_START
        )

    def replaces(self, stored: "EventRow") -> bool:
        """Whether this is the ended version of a span that is open in the other row."""
        if self.event_type == AGENT_START == stored.event_type:
            return self.is_of_ended_agent and not stored.is_of_ended_agent
        return stored.is_open and not self.is_open

    def copy_columns(self) -> bytes:
        """Return the columns of events/copy from run_id on, in COPY's text format."""
        columns = (
            f"{self.run_id}\t{self.event_id}\t{escaped(self.agent_name)}\t"
            f"{escaped(self.event_type)}\t{self.timestamp_text}\t{self.parent_event_id or NULL}\t"
            f"{self.previous_event_id or NULL}\t{escaped(self.model) if self.model else NULL}\t"
            f"{NULL if self.tokens_in is None else self.tokens_in}\t"
            f"{NULL if self.tokens_out is None else self.tokens_out}\t"
            f"{NO_PARTS if self.token_parts is None else self.token_parts.columns}\t"
            f"{self.cost or NULL}\t{self.cost_source or NULL}\t"
            f"{NULL if self.latency_us is None else self.latency_us}\t"
            f"{'True' if self.stamped_at_end else 'False'}\t"  # to format a bool takes 0.3 µs
            f"{self.tie}\t{escaped(self.tool) if self.tool else NULL}\t"
            f"{self._outcome() if self.is_error else NO_ERROR}\t"
            f"{escaped(self.priced_as) if self.priced_as else NULL}\t{self.repeats or NULL}\t"
        )
        return columns.encode() + self.data.replace(b"\\", b"\\\\") + b"\n"

    def _outcome(self) -> str:
        """The columns is_error and error_fingerprint of an error."""
        return f"True\t{NULL if self.error_fingerprint is None else self.error_fingerprint}"


def times_of(rows: Sequence[EventRow]) -> Times:
    """When the first of the rows began, and when the last one ended: sql/schema/event_times.sql.

    Without a latency an event is a moment. Computing with times takes most of the time, so it is
    done only for the rows that lie within the longest latency of the first or last timestamp.
    """
    began, ended = min(map(TIMESTAMP, rows)), max(map(TIMESTAMP, rows))
    latencies = [row.latency_us for row in rows if row.latency_us]
    if not latencies:
        return began, ended
    longest = timedelta(0, 0, max(latencies))
    soon, late = began + longest, ended - longest
    for row in rows:
        at = row.timestamp
        if row.latency_us and (at < soon if row.stamped_at_end else at > late):
            latency = timedelta(0, 0, row.latency_us)
            if row.stamped_at_end:
                began = min(began, at - latency)
            else:
                ended = max(ended, at + latency)
    return began, ended


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
