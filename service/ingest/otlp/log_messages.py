"""The body of POST /v1/logs -> the messages of spans that its records carry.

GenAI instrumentations that keep content out of spans send it as log records with the span's ids:
either one record for each message, or one with the attributes of a span.
"""

from collections import Counter
from dataclasses import dataclass, field
from hashlib import md5
from typing import Any
from uuid import UUID

from msgspec import Struct

from service.core.cooperative import Pacer
from service.ingest.json.fields import BadEvent
from service.ingest.long_numbers import LongNumbers, may_be_long
from service.ingest.otlp.attributes import facts_of
from service.ingest.otlp.content import DETAILS, IN, OUT, read
from service.ingest.otlp.log_records import EVENT_NAME, LogRecord, read_records
from service.ingest.otlp.rows import encode
from service.ingest.otlp.span import SPAN, event_id_of, is_span_id, is_trace_id, run_id_of
from service.ingest.repairs import Repairs

NOT_KEPT = (
    "Only traces, and the messages of their spans, are kept here; {left} of {sent} log records "
    "were not stored. OTEL_LOGS_EXPORTER=none stops sending them."
)


class SpanMessage(Struct):
    """A message of a span, or its whole input and output."""

    run_id: str
    event_id: str
    digest: str
    sent_ns: int
    place: int
    is_whole: bool
    content: bytes  # an object with input, output or both


@dataclass
class LogBatch:
    """What one request holds: its messages, how many records it has, and what was repaired."""

    records: int = 0
    messages: list[SpanMessage] = field(default_factory=list)
    repaired: Counter[str] = field(default_factory=Counter)

    @property
    def left_out(self) -> int:
        """How many records are no messages of spans."""
        return self.records - len(self.messages)

    @property
    def error_message(self) -> str:
        """What the client is told; empty when every record is kept."""
        return NOT_KEPT.format(left=self.left_out, sent=self.records) if self.left_out else ""


def parse_logs(
    body: bytes, is_json: bool, max_records: int, max_bytes: int, max_depth: int
) -> LogBatch:
    """Read a request. Raises Malformed when it is none, TooManySpans beyond `max_records`."""
    batch, repairs, pacer = LogBatch(), Repairs(), Pacer()
    for record in read_records(body, is_json, max_records, max_bytes, repairs):
        pacer.pause()
        batch.records += 1
        if isinstance(record, BadEvent):
            repairs.take()
            continue
        found = message_of(record, batch.records, (max_bytes, max_depth), repairs)
        batch.repaired.update(warning.code for warning in repairs.take())
        if found:
            batch.messages.append(found)
    return batch


def message_of(
    record: LogRecord, place: int, limits: tuple[int, int], repairs: Repairs
) -> SpanMessage | None:
    """The message that a record carries; None where it carries none, or belongs to no span."""
    if not is_trace_id(record.trace_id) or not is_span_id(record.span_id):
        return None
    found = content_of(record, limits[1])
    if not found:
        return None
    content = encode(found, *limits, repairs)
    if may_be_long(content, limits[0]):
        content = LongNumbers().replace(content)
    digest = md5(
        b"%d %b %b" % (record.sent_ns, record.name.encode(), content), usedforsecurity=False
    )
    return SpanMessage(
        run_id=run_id_of(record.trace_id),
        event_id=event_id_of(record.trace_id, record.span_id, SPAN),
        digest=str(UUID(bytes=digest.digest())),
        sent_ns=record.sent_ns,
        place=place,
        is_whole=record.name == DETAILS,
        content=content,
    )


def content_of(record: LogRecord, max_depth: int) -> dict[str, Any]:
    """The input and output in a record; empty without any."""
    if record.name == DETAILS:
        names = {
            side.meaning: facts_of(record.attributes).names(side.meaning) for side in (IN, OUT)
        }
        return {
            key: read(record.attributes, found[0], max_depth)
            for key, found in names.items()
            if found
        }
    for side in (IN, OUT):
        if record.name in side.events:
            return {side.meaning: message(record)}
    return {}


def message(record: LogRecord) -> dict[str, Any]:
    """A message as those in span events are stored: its attributes, and what its body says."""
    attributes = {key: value for key, value in record.attributes.items() if key != EVENT_NAME}
    body = record.body
    said = body if isinstance(body, dict) else {} if body is None else {"content": body}
    return {"event": record.name, **attributes, **said}
