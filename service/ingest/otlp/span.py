"""Span: what both encodings are read into, and its ids as ours."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from msgspec import Struct

from service.ingest.json.batch import BatchTooLarge
from service.ingest.json.fields import BadEvent
from service.ingest.otlp.attributes import ENVIRONMENT, SERVICE_NAME, environment, first, name

# The role of an event among those of its span. What children point at is always SPAN, also where it
# is an agent_start: a child knows its parent's span id, and not yet what the parent is.
SPAN, END = "8", "9"
NO_SERVICE = "unknown_service"  # what OpenTelemetry calls a service without a name
ERROR_STATUS = 2

is_trace_id = re.compile(r"(?!0{32})[0-9a-f]{32}").fullmatch
is_span_id = re.compile(r"(?!0{16})[0-9a-f]{16}").fullmatch


class Malformed(Exception):
    """A body that is no ExportTraceServiceRequest: nothing of it is stored."""


class TooManySpans(BatchTooLarge):
    """More spans than one request may hold; how many is not known, since nobody counted on."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.args = (f"The request has more than {limit} spans. Send it in parts.",)


# Of a resource: what tells one service, and where it runs, from another. Not its command line.
USEFUL = ("service.", "deployment.", "host.name", "cloud.", "k8s.", "container.")


@dataclass(slots=True)
class Origin:
    """What the spans of one scope have in common, and what follows from it, found out once."""

    resource: dict[str, Any]
    scope: dict[str, Any]  # name, version, attributes, as far as they are there
    kept: dict[str, Any] = field(init=False)  # with each of the spans
    service: str = field(init=False)
    environment: str | None = field(init=False)

    def __post_init__(self) -> None:
        resource = self.resource
        useful = {k: v for k, v in resource.items() if k.startswith(USEFUL)}
        said = {"scope": self.scope, "resource": useful}
        self.kept = {key: value for key, value in said.items() if value}
        self.service = first(resource, SERVICE_NAME, name) or NO_SERVICE
        self.environment = first(resource, ENVIRONMENT, environment)


class Span(Struct, kw_only=True, gc=False):
    """One span as it came, whatever the encoding. Ids are lower-case hex, times nanoseconds.

    `events` are {name, time_unix_nano, attributes}, `links` {trace_id, span_id, attributes}.
    """

    trace_id: str
    span_id: str
    parent_span_id: str  # empty: a root
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
    def is_root(self) -> bool:
        """Whether the trace begins here."""
        return not self.parent_span_id


def make_scope(name: str | None, version: str | None, attributes: dict[str, Any]) -> dict[str, Any]:
    """A scope as Origin has it: what is there of it."""
    found = {"name": name, "version": version, "attributes": attributes}
    return {name: value for name, value in found.items() if value}


def check_ids(span: Span) -> None:
    """Raise BadEvent for ids that are none. A parent of zeros is none."""
    if not is_trace_id(span.trace_id):
        raise BadEvent("trace_id", "invalid_trace_id", "`trace_id` is 16 bytes, not all zero.")
    if not is_span_id(span.span_id):
        raise BadEvent("span_id", "invalid_span_id", "`span_id` is 8 bytes, not all zero.")
    if span.parent_span_id and not is_span_id(span.parent_span_id):
        if span.parent_span_id.strip("0"):
            text = "`parent_span_id` is 8 bytes, or none."
            raise BadEvent("parent_span_id", "invalid_parent_span_id", text)
        span.parent_span_id = ""


@lru_cache(maxsize=16_384)
def run_id_of(trace_id: str) -> str:
    """A trace id as the UUID that it is as large as."""
    t = trace_id
    return f"{t[:8]}-{t[8:12]}-{t[12:16]}-{t[16:20]}-{t[20:]}"


def event_id_of(trace_id: str, span_id: str, role: str) -> str:
    """A UUID made of the span's id, its role and the last 56 bits of the trace's (0.3 µs).

    It is RFC 9562's version 8. A hash would take 1.5 µs (uuid5), could collide, and could not be
    read: here the span's id stands in front, so no two spans of a run ever share an event.
    """
    s, t = span_id, trace_id
    return f"{s[:8]}-{s[8:12]}-8{s[12:15]}-{role}{s[15]}{t[18:20]}-{t[20:]}"
