"""ExportLogsServiceRequest, in protobuf or JSON -> its records, as far as messages need them."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import msgspec
from msgspec import Struct
from opentelemetry.proto.logs.v1 import logs_pb2

from service.core.cooperative import Pacer
from service.ingest.elements import Element, cut_masked, is_sparse, unmask_all
from service.ingest.json.batch import utf8_of
from service.ingest.json.fields import BadEvent
from service.ingest.otlp import protobuf_decoder
from service.ingest.otlp.json_messages import AnyValue, KeyValue, Message, Unsigned
from service.ingest.otlp.json_parts import SNAKE_CASE, decode_mended, decode_part
from service.ingest.otlp.json_values import read_attributes, read_value
from service.ingest.otlp.origin import too_deep
from service.ingest.otlp.protobuf_wire import find_spans
from service.ingest.otlp.span import Malformed, TooManySpans
from service.ingest.otlp.value_budget import ValueBudget
from service.ingest.repairs import Repairs, note_text

EVENT_NAME = "event.name"  # the attribute in which the name stood before it was a field
MAX_INT64 = 2**63 - 1


class LogRecord(Struct):
    """A log record. Ids are hex, empty where it belongs to no span."""

    trace_id: str
    span_id: str
    name: str
    sent_ns: int
    attributes: dict[str, Any]
    body: Any


class RecordMessage(Message):
    """A log record of OTLP/JSON."""

    trace_id: str | None = None
    span_id: str | None = None
    event_name: str | None = None
    time_unix_nano: Unsigned | None = None
    observed_time_unix_nano: Unsigned | None = None
    attributes: list[KeyValue] | None = None
    body: AnyValue | None = None


class ScopeLogs(Message):
    """The records of a scope."""

    log_records: list[RecordMessage] | None = None


class ResourceLogs(Message):
    """The records of a resource."""

    scope_logs: list[ScopeLogs] | None = None


class LogsRequest(Message):
    """The body of POST /v1/logs."""

    resource_logs: list[ResourceLogs] | None = None


SentRecord = RecordMessage | Element

decode_request = msgspec.json.Decoder(LogsRequest, strict=False).decode
decode_record = msgspec.json.Decoder(RecordMessage, strict=False).decode


def read_records(
    body: bytes, is_json: bool, max_records: int, max_bytes: int, repairs: Repairs
) -> Iterator[LogRecord | BadEvent]:
    """Yield each record, or why it cannot be read. Raises Malformed, TooManySpans."""
    if is_json:
        return read_json(body, max_records, max_bytes, repairs)
    return read_protobuf(body, max_records, max_bytes, repairs)


def read_protobuf(
    body: bytes, max_records: int, max_bytes: int, repairs: Repairs
) -> Iterator[LogRecord | BadEvent]:
    """The records of protobuf: resources, scopes and records are numbered as those of spans are."""
    budget = ValueBudget(repairs)
    for _, scopes in find_spans(body, max_records):
        for _, records in scopes:
            for start, end in records:
                yield read_record(body[start:end], budget, max_bytes)


def read_record(encoded: bytes, budget: ValueBudget, max_bytes: int) -> LogRecord | BadEvent:
    """A record of protobuf, or why it is none."""
    read = logs_pb2.LogRecord.FromString
    try:
        sent = protobuf_decoder.parse("log record", encoded, read, budget, max_bytes)
        attributes = protobuf_decoder.read_attributes(sent.attributes, budget)
        return LogRecord(
            sent.trace_id.hex(),
            sent.span_id.hex(),
            name_of(sent.event_name, attributes),
            min(sent.time_unix_nano or sent.observed_time_unix_nano, MAX_INT64),
            attributes,
            protobuf_decoder.read_value(sent.body, budget),
        )
    except BadEvent as error:
        return error


def read_json(
    body: bytes, max_records: int, max_bytes: int, repairs: Repairs
) -> Iterator[LogRecord | BadEvent]:
    """The records of JSON: nearly always read in one pass, otherwise each by itself."""
    body, mark = utf8_of(body)
    try:
        sent = None if SNAKE_CASE in body else read_whole(body, max_bytes)
        if sent is None:
            sent = cut_records(body, max_records)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Malformed(str(error)) from None
    if len(sent) > max_records:
        raise TooManySpans(max_records)
    if mark:
        note_text(repairs, None)
    del body  # large, and of no more use
    for record in sent:
        yield record_of(record, max_bytes, repairs)


def read_whole(body: bytes, max_bytes: int) -> Sequence[SentRecord] | None:
    """All records in one pass; None where they have to be read one by one."""
    if not is_sparse(body, max_bytes):
        return None
    try:
        request = decode_request(body)
    except (msgspec.MsgspecError, RecursionError):
        return None
    return [
        record
        for resource_logs in request.resource_logs or ()
        for scope_logs in resource_logs.scope_logs or ()
        for record in scope_logs.log_records or ()
    ]


def cut_records(body: bytes, max_records: int) -> list[Element]:
    """The records, not parsed. Raises TooManySpans, and msgspec's errors for a bad body.

    A body that has to be masked is masked whole, at the first level.
    """
    found: list[Element] = [body]
    is_masked, pacer = False, Pacer()
    for name in ("resourceLogs", "scopeLogs", "logRecords"):
        inner: list[Element] = []
        for text in found:
            pacer.pause()
            part = cut_masked(text, name, max_records + 1, is_masked=is_masked)
            inner += part.elements or ()
            is_masked = part.is_masked
            if len(inner) > max_records:
                raise TooManySpans(max_records)
        found = inner
    return unmask_all(found) if is_masked else found


def record_of(sent: SentRecord, max_bytes: int, repairs: Repairs) -> LogRecord | BadEvent:
    """A record of JSON, or why it is none."""
    try:
        message = sent
        if not isinstance(message, RecordMessage):
            message = decode_part(message, decode_record, max_bytes, repairs)
        with suppress(msgspec.ValidationError):
            return make_record(message, repairs)
        text = msgspec.json.encode(message)
        return make_record(decode_mended(text, decode_record, repairs), repairs)
    except msgspec.ValidationError as problem:
        return BadEvent(None, "malformed", f"The log record is malformed: {problem}.")
    except BadEvent as problem:
        return problem
    except RecursionError:
        return too_deep()


def make_record(message: RecordMessage, repairs: Repairs) -> LogRecord:
    """A record of its message; raise ValidationError for a value that is not of its type."""
    attributes = read_attributes(message.attributes, repairs)
    return LogRecord(
        (message.trace_id or "").lower(),
        (message.span_id or "").lower(),
        name_of(message.event_name or "", attributes),
        min(message.time_unix_nano or message.observed_time_unix_nano or 0, MAX_INT64),
        attributes,
        read_value(message.body, repairs) if message.body else None,
    )


def name_of(name: str, attributes: dict[str, Any]) -> str:
    """The name of an event, wherever it stands."""
    return name or str(attributes.get(EVENT_NAME, ""))
