"""Bodies of POST /v1/traces and /v1/logs, as in event_bodies.py."""

import json
import uuid

from service.ingest.otlp.protobuf_wire import field, varint
from tests.hostile.event_bodies import EVENT_BYTES, Pieces, listed, repeated

NOON_NS = 1_795_348_800_000_000_000
RECORD_BYTES = 88_000  # 29,000 values
LONG_NUMBER = "9" * 4301  # int() reads 4,300 digits


def span(run_id: str, attributes: str = "") -> bytes:
    """A good span in JSON, the root of its trace's."""
    return (
        f'{{"traceId":"{uuid.UUID(run_id).hex}","spanId":"{uuid.uuid4().hex[:16]}","name":"s",'
        f'"startTimeUnixNano":"{NOON_NS}","endTimeUnixNano":"{NOON_NS}",'
        f'"parentSpanId":"{uuid.uuid4().hex[:16]}","attributes":[{attributes}]}}'
    ).encode()


def spans_json(spans: bytes, more: bytes = b"") -> bytes:
    """A request of some spans; `more` are members of the body."""
    return b'{"resourceSpans":[{"scopeSpans":[{"spans":[%b]}]}]%b}' % (spans, more)


def unknown_fields(depth: int, size: int, run_id: str) -> Pieces:
    """A good span, and fields that OTLP does not have: depth, objects, a long text."""
    yield spans_json(span(run_id))[:-1]
    yield b',"deep":' + b"[" * depth + b"]" * depth + b',"objects":['
    yield from listed(b"{}", size // 11)
    yield b'],"text":"'
    yield from repeated(b"x", size - size // 11)
    yield b'"}'


def tiny_span(run_id: str, number: int) -> bytes:
    """A good span in protobuf that is no root."""
    times = (
        varint(field_number << 3 | 1) + NOON_NS.to_bytes(8, "little") for field_number in (7, 8)
    )
    ids = field(1, uuid.UUID(run_id).bytes) + field(2, b"%08x" % number) + field(4, b"\xff" * 8)
    return ids + field(5, b"s") + b"".join(times)


def shared_attribute(holder: str, spans: int, size: int, run_id: str) -> Pieces:
    """One long attribute of the scope or the resource, and tiny spans; as protobuf."""
    pair = field(1, b"service.long") + field(2, field(1, b"x" * size))
    attribute = field({"resource": 1, "scope": 3}[holder], pair)
    scope = field(1, attribute) if holder == "scope" else b""
    scope += b"".join(field(2, tiny_span(run_id, number)) for number in range(1, spans + 1))
    resource = field(1, attribute) if holder == "resource" else b""
    yield field(1, resource + field(2, scope))


def shared_by_many(own: int, size: int, run_id: str) -> Pieces:
    """A scope of 15 KB, and spans of `own` bytes each that are stored with it; as protobuf."""
    parts = [field(1, field(3, field(1, b"a") + field(2, field(1, b"x" * 15_000))))]
    attribute = field(9, field(1, b"a") + field(2, field(1, b"x" * own)))
    for number in range(1, size // own + 1):
        parts.append(field(2, tiny_span(run_id, number) + attribute))
    yield field(1, field(2, b"".join(parts)))


def empty_spans(size: int, run_id: str) -> Pieces:
    """Millions of spans that hold nothing."""
    del run_id
    head, tail = spans_json(b"|").split(b"|")
    yield head
    yield from listed(b"{}", size)
    yield tail


def empty_attributes(holder: str, size: int, run_id: str) -> Pieces:
    """A good span, and millions of attributes that hold nothing, of its resource or its own."""
    if holder == "span":
        head, tail = spans_json(span(run_id, "|")).split(b"|")
    else:
        bare = b'{"resourceSpans":[{"resource":{"attributes":[|]},"scopeSpans":[{"spans":[%b]}]}]}'
        head, tail = (bare % span(run_id)).split(b"|")
    yield head
    yield from listed(b"{}", size)
    yield tail


def empty_attributes_protobuf(holder: str, size: int, run_id: str) -> Pieces:
    """The same in protobuf: two bytes for each attribute."""
    number = {"resource": 1, "span": 9}[holder]
    attributes = (field(number, b"")) * (size // 2)
    spans = field(2, tiny_span(run_id, 1) + (attributes if holder == "span" else b""))
    resource = field(1, attributes) if holder == "resource" else b""
    yield field(1, resource + field(2, spans))


def span_values(value: bytes, size: int, run_id: str) -> Pieces:
    """Spans just below the limit of one, each with one list of many values; as protobuf."""
    values = field(1, value)
    values *= EVENT_BYTES // len(values)
    attribute = field(9, field(1, b"a") + field(2, field(5, values)))
    for number in range(1, max(1, size // EVENT_BYTES) + 1):
        yield field(1, field(2, field(2, tiny_span(run_id, number) + attribute)))
    yield field(1, field(2, field(2, tiny_span(run_id, number + 1))))


def span_values_json(value: bytes, size: int, run_id: str) -> Pieces:
    """The same as JSON."""
    pair = '{"key":"a","value":{"arrayValue":{"values":[|]}}}'
    yield b'{"resourceSpans":[{"scopeSpans":[{"spans":['
    for _ in range(max(1, size // EVENT_BYTES)):
        head, tail = span(run_id, pair).split(b"|")
        yield head
        yield from listed(value, EVENT_BYTES)
        yield tail + b","
    yield span(run_id) + b"]}]}]}"


def record_values(size: int, run_id: str) -> Pieces:
    """Log records of as many values as one may hold."""
    ids = f'"traceId":"{uuid.UUID(run_id).hex}","spanId":"{uuid.uuid4().hex[:16]}"'
    head = f'{{{ids},"eventName":"gen_ai.user.message","body":{{"arrayValue":{{"values":['.encode()
    yield b'{"resourceLogs":[{"scopeLogs":[{"logRecords":['
    for _ in range(max(1, size // RECORD_BYTES)):
        yield head
        yield from listed(b"{}", RECORD_BYTES)
        yield b"]}}},"
    yield b"{}]}]}]}"


def one_text(size: int, run_id: str) -> Pieces:
    """A span with one long text, and a good one."""
    head, tail = span(run_id, '{"key":"a","value":{"stringValue":"|"}}').split(b"|")
    yield b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + head
    yield from repeated(b"x", size)
    yield tail + b"," + span(run_id) + b"]}]}]}"


def quotes_beside_nan(size: int, run_id: str) -> Pieces:
    """Metadata that are one long text of quotes, in a root beside one with NaN; and a good span."""
    pair = '{"key":"metadata","value":{"stringValue":"|"}}'
    root = span(run_id, pair).replace(b"parentSpanId", b"other")
    head, tail = root.split(b"|")
    yield b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + head
    yield from repeated(rb"\"word\" ", size)
    yield tail + b',{"a":NaN},' + span(run_id) + b"]}]}]}"


def digits_as_key(key: str, size: int, run_id: str) -> Pieces:
    """An attribute whose key ends in thousands of digits, and a good span beside it."""
    del size
    pair = f'{{"key":"{key}.{LONG_NUMBER}","value":{{"stringValue":"x"}}}}'
    yield spans_json(span(run_id, pair) + b"," + span(run_id))


def deep_metadata(depth: int, size: int, run_id: str) -> Pieces:
    """Metadata of a root that is JSON as text, nested; and a good span beside it."""
    del size
    text = json.dumps('{"a":' * depth + "1" + "}" * depth)
    pair = f'{{"key":"metadata","value":{{"stringValue":{text}}}}}'
    root = json.loads(span(run_id, pair))
    del root["parentSpanId"]
    yield spans_json(json.dumps(root).encode() + b"," + span(run_id))
