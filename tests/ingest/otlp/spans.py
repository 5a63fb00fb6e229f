"""Spans for tests, in both encodings, made by protobuf's own classes."""

import base64
import json
import random
from typing import Any

from falcon import testing
from google.protobuf.json_format import MessageToDict
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.proto.trace.v1.trace_pb2 import Status as TraceStatus

from service.ingest.json.event import MAX_DEPTH
from service.ingest.otlp.batch import SpanBatch, parse_spans
from service.ingest.rows import EventRow
from tests.client import Client

START_NS = 1_795_348_800_000_000_000  # noon of 2026-11-22
SECOND = 1_000_000_000
MEGABYTE = 1024 * 1024
PROTOBUF, JSON = "application/x-protobuf", "application/json"
IDS = frozenset({"traceId", "spanId", "parentSpanId"})


def new_trace() -> bytes:
    """A trace's id."""
    return random.randbytes(16)


def new_span_id() -> bytes:
    """A span's id."""
    return random.randbytes(8)


def run_of(trace: bytes) -> str:
    """A trace's id as the run's."""
    digits = trace.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def any_value(value: Any) -> AnyValue:
    """A value of an attribute."""
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, str):
        return AnyValue(string_value=value)
    if isinstance(value, bytes):
        return AnyValue(bytes_value=value)
    made = AnyValue()
    if isinstance(value, dict):
        made.kvlist_value.SetInParent()
        made.kvlist_value.values.extend(pairs(value))
    elif isinstance(value, list):
        made.array_value.SetInParent()
        made.array_value.values.extend(map(any_value, value))
    return made


def pairs(attributes: dict[str, Any]) -> list[KeyValue]:
    """Attributes."""
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def span(
    trace: bytes,
    name: str = "work",
    *,
    span_id: bytes | None = None,
    parent: bytes = b"",
    at: float = 0,
    seconds: float = 1,
    attributes: dict[str, Any] | None = None,
    events: dict[str, dict[str, Any]] | None = None,
    error: str | None = None,
    **fields: Any,
) -> Span:
    """One span that begins so many seconds after noon; `events` are attributes by name."""
    start = START_NS + round(at * SECOND)
    made = Span(
        trace_id=trace,
        span_id=new_span_id() if span_id is None else span_id,
        parent_span_id=parent,
        name=name,
        attributes=pairs(attributes or {}),
        events=[
            Span.Event(name=event, time_unix_nano=start, attributes=pairs(held))
            for event, held in (events or {}).items()
        ],
        **{
            "start_time_unix_nano": start,
            "end_time_unix_nano": start + round(seconds * SECOND),
            **fields,
        },
    )
    if error is not None:
        made.status.message = error
        made.status.code = TraceStatus.STATUS_CODE_ERROR
    return made


def request(*spans: Span, **resource: Any) -> ExportTraceServiceRequest:
    """The spans of one service; `resource` has _ for each dot."""
    made = ExportTraceServiceRequest()
    group = made.resource_spans.add()
    said = {"service_name": "shop", **resource}
    named = {key.replace("_", "."): value for key, value in said.items() if value is not None}
    group.resource.attributes.extend(pairs(named))
    scope = group.scope_spans.add()
    scope.scope.name, scope.scope.version = "tests", "1"
    scope.spans.extend(spans)
    return made


def as_json(sent: ExportTraceServiceRequest) -> bytes:
    """A request in OTLP/JSON: protobuf's own, with ids in hex and enums as numbers."""
    return json.dumps(with_hex(MessageToDict(sent, use_integers_for_enums=True))).encode()


def with_hex(part: Any) -> Any:
    """Ids from base64 to hex."""
    if isinstance(part, list):
        return [with_hex(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        key: base64.b64decode(value).hex()
        if key in IDS and isinstance(value, str)
        else with_hex(value)
        for key, value in part.items()
    }


def message(number: int, held: bytes) -> bytes:
    """A message as a field of another, by hand: protobuf's classes make only good ones."""
    size, length = b"", len(held)
    while length > 127:
        size += bytes([length & 127 | 128])
        length >>= 7
    return bytes([number << 3 | 2]) + size + bytes([length]) + held


def parsed(body: bytes, is_json: bool, **limits: int) -> SpanBatch:
    """A body read with the default limits."""
    chosen = {"max_spans": 10_000, "max_bytes": MEGABYTE, "max_depth": MAX_DEPTH, **limits}
    return parse_spans(body, is_json, **chosen)


def rows(*spans: Span, **resource: Any) -> list[EventRow]:
    """The rows of spans, all of which are good; both encodings give the same."""
    sent = request(*spans, **resource)
    batch = parsed(sent.SerializeToString(), False)
    assert batch.error_message == ""
    assert parsed(as_json(sent), True) == batch
    return batch.rows


def send(client: Client, *spans: Span, **headers: str) -> ExportTraceServiceResponse:
    """POST spans as protobuf; the answer must be 200."""
    answer = post(client, request(*spans).SerializeToString(), **headers)
    assert answer.status_code == 200, answer.content
    assert answer.headers["Content-Type"] == PROTOBUF
    response: ExportTraceServiceResponse = ExportTraceServiceResponse.FromString(answer.content)
    return response


def post(client: Client, body: bytes, media_type: str = PROTOBUF, **headers: str) -> testing.Result:
    """POST a body as it is."""
    sent = {"Content-Type": media_type, **{k.replace("_", "-"): v for k, v in headers.items()}}
    return client.simulate_post("/v1/traces", body=body, headers=sent)


def status_of(answer: testing.Result) -> Status:
    """The google.rpc.Status of a refusal, whatever its encoding."""
    if answer.headers["Content-Type"] == PROTOBUF:
        return Status.FromString(answer.content)
    said = answer.json
    return Status(code=said["code"], message=said["message"])
