"""Span: one span as both encodings are read, and its ids as UUIDs."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from msgspec import Struct

from service.ingest.json.batch import BatchTooLarge
from service.ingest.json.fields import BadEvent
from service.ingest.otlp.origin import Origin

# The role of an event in its span. A child's parent is always SPAN, even if that is an agent_start:
# the child knows only the span id of its parent.
SPAN, END = "8", "9"
ROLE_AT = len("01234567-89ab-8cde-")
YEAR_2000_NS = 946_684_800 * 10**9
OK_STATUS, ERROR_STATUS = 1, 2
HAS_IS_REMOTE, IS_REMOTE = 0x100, 0x200  # of the flags
REMOTE_KINDS = (2, 5)  # server and consumer

is_trace_id = re.compile(r"(?!0{32})[0-9a-f]{32}").fullmatch
is_span_id = re.compile(r"(?!0{16})[0-9a-f]{16}").fullmatch


class Malformed(Exception):
    """A body that is no ExportTraceServiceRequest: none of its spans is stored."""


class TooManySpans(BatchTooLarge):
    """More spans than one request may hold; counting stops at the limit."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.args = (f"The request has more than {limit} spans. Send it in parts.",)


class Span(Struct, kw_only=True, gc=False):
    """One span as it came. Ids are lower-case hex, times nanoseconds."""

    trace_id: str
    span_id: str
    parent_span_id: str  # empty: a root
    is_remote: bool  # whether its parent is, if it has one: see `has_remote_parent`
    trace_state: str
    name: str
    kind: int
    start_ns: int
    end_ns: int
    attributes: dict[str, Any]
    events: Sequence[dict[str, Any]]
    links: Sequence[dict[str, Any]]
    status_code: int
    status_message: str
    origin: Origin

    @property
    def has_odd_times(self) -> bool:
        """Whether the times cannot be meant, such as milliseconds in place of nanoseconds."""
        return self.start_ns < YEAR_2000_NS or 0 < self.end_ns < self.start_ns

    @property
    def is_open(self) -> bool:
        """Whether the span has not ended yet; its ended version may come later."""
        return not self.end_ns

    @property
    def is_local_root(self) -> bool:
        """Whether the trace begins here, or its part in this process."""
        return self.is_remote or not self.parent_span_id


def has_remote_parent(flags: int, kind: int) -> bool:
    """Whether the parent is a span of another process, which may be traced elsewhere.

    Without the flags that say so, that of a server or a consumer is.
    """
    return bool(flags & IS_REMOTE) if flags & HAS_IS_REMOTE else kind in REMOTE_KINDS


def event_of(name: str, time_unix_nano: int, attributes: dict[str, Any]) -> dict[str, Any]:
    """An event of a span, as it is stored."""
    return {"name": name, "time_unix_nano": time_unix_nano, "attributes": attributes}


def link_of(trace_id: str, span_id: str, attributes: dict[str, Any]) -> dict[str, Any]:
    """A link of a span, as it is stored."""
    return {"trace_id": trace_id, "span_id": span_id, "attributes": attributes}


def check_ids(span: Span) -> None:
    """Raise BadEvent for invalid ids. A parent id of zeros means a root."""
    if not is_trace_id(span.trace_id):
        raise BadEvent("trace_id", "invalid_trace_id", "`trace_id` is 16 bytes, not all zero.")
    if not is_span_id(span.span_id):
        raise BadEvent("span_id", "invalid_span_id", "`span_id` is 8 bytes, not all zero.")
    if span.parent_span_id and not is_span_id(span.parent_span_id):
        if span.parent_span_id.strip("0"):
            text = "`parent_span_id` is 8 bytes, or none."
            raise BadEvent("parent_span_id", "invalid_parent_span_id", text)
        span.parent_span_id = ""


def end_of(event_id: str) -> str:
    """The event of an agent's end, from that of its start."""
    return f"{event_id[:ROLE_AT]}{END}{event_id[ROLE_AT + 1 :]}"


@lru_cache(maxsize=16_384)
def run_id_of(trace_id: str) -> str:
    """A trace id as a UUID: both have 128 bits."""
    t = trace_id
    return f"{t[:8]}-{t[8:12]}-{t[12:16]}-{t[16:20]}-{t[20:]}"


def event_id_of(trace_id: str, span_id: str, role: str) -> str:
    """A UUID of the span's id, its role and the last 56 bits of the trace's id (0.3 µs).

    It is of RFC 9562's version 8. A hash (uuid5) would take 1.5 µs, could collide, and could not be
    read back. The UUID begins with the span's id, so no two spans of a run share an event.
    """
    s, t = span_id, trace_id
    return f"{s[:8]}-{s[8:12]}-8{s[12:15]}-{role}{s[15]}{t[18:20]}-{t[20:]}"
